import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Layout } from './layout.js';

/**
 * A shell that waits for the end of its input, which comes when we end in whatever way, SIGKILL included. Then it
 * kills the server and removes the directory. It knows the server's process id from its input, or, if we ended before
 * we could tell, from the file that tape_launch wrote before it became xrootd. (The file alone isn't enough: somebody
 * may have removed the directory.) It makes sure that the process is still the sandbox's own: ids are used again.
 */
const script = `
trap '' HUP INT QUIT TERM
pid=
while read -r line; do pid=$line; done
[ -n "$pid" ] || read -r pid 2>/dev/null < "$1/xrootd.pid"
if [ -n "$pid" ]; then
  if [ -r "/proc/$pid/cmdline" ]; then command=$(tr '\\0' ' ' < "/proc/$pid/cmdline"); else command=$(ps -o args= -p "$pid"); fi
  case "$command" in *"$1/"*) kill -9 "$pid";; esac
fi
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
`;

/** Sees to it that nothing of the sandbox outlives its process. */
export class Keeper {
  readonly #shell: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(layout: Layout) {
    // Its own session: a Ctrl-C in our terminal isn't for it.
    this.#shell = spawn('/bin/sh', ['-c', script, 'xrootd-sandbox-keeper', layout.root], {
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      detached: true,
    });
    this.#ended = once(this.#shell, 'exit').catch(() => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
  }

  /** Undefined: none runs. */
  watch(pid: number | undefined): void {
    this.#shell.stdin?.write(`${pid === undefined ? '' : String(pid)}\n`);
  }

  /** Removes the directory, and with it the need for a keeper. */
  async finish(): Promise<void> {
    this.#shell.ref();
    this.#shell.stdin?.end();
    await this.#ended;
  }
}
