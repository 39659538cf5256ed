/** The command, as its users run it: a child process of the compiled `main.js`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { OrdinaryUser } from './ordinary_user.js';

export const mainFile = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url));
export const demoFile = fileURLToPath(new URL('../../demo/main.js', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

export interface CliOptions {
  file?: string;
  /** Another one than who runs the tests. */
  user?: OrdinaryUser;
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** On standard input; without it there is none. */
  input?: string | undefined;
}

export class RunningCli {
  readonly child: ChildProcess & { stdout: Readable; stderr: Readable };
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(
    args: readonly string[],
    { file = mainFile, user, cwd = tmpdir(), env = {}, input }: CliOptions = {},
  ) {
    const started = performance.now();
    const command = [...(user?.flags ?? []), user?.place(file) ?? file, ...args];
    const child = spawn(process.execPath, command, {
      cwd,
      env: { ...process.env, FORCE_COLOR: undefined, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...user?.options,
    });
    // It may end without reading.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    this.child = child;
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = (once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then(
      ([code, signal]) => {
        const seconds = (performance.now() - started) / 1000;
        return { code, signal, stdout: this.stdout, stderr: this.stderr, seconds };
      },
    );
  }

  /** Resolves when its output is as wished. @throws Error when it ends before. */
  async until(wished: (running: this) => boolean): Promise<void> {
    const ended = this.ended.then(({ code, stdout, stderr }) => {
      throw new Error(`it ended with ${String(code)} before: ${stdout}${stderr}`);
    });
    ended.catch(() => undefined);
    const { stdout, stderr } = this.child;
    while (!wished(this)) {
      const heard = new AbortController();
      const { signal } = heard;
      const data = [once(stdout, 'data', { signal }), once(stderr, 'data', { signal })];
      for (const each of data) each.catch(() => undefined);
      await Promise.race([...data, ended]).finally(() => {
        heard.abort();
      });
    }
  }
}

export function cli(args: readonly string[], options?: CliOptions): Promise<Ended> {
  return new RunningCli(args, options).ended;
}

/** Every line of standard output as an object. @throws SyntaxError for anything else that stands there */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  if (stdout !== '' && !stdout.endsWith('\n')) throw new SyntaxError('the last line is incomplete');
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
