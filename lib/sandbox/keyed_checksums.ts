import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { XRootDError } from '../xrdcl/index.js';
import type { ChecksumAnswer, ChecksumFailure, ChecksumRequest } from './checksum_messages.js';
import { SandboxError } from './error.js';

const program = fileURLToPath(new URL('./checksum_process.js', import.meta.url));

interface Waiting {
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * ChecksumKeeper for a server that wants a key, in a process of its own: libXrdCl takes the first SSS key that it
 * meets for the rest of its process, by the environment or by `xrd.sss` in a URL alike, and in our process that choice
 * is our owner's. The process starts with the first file, and ends with us.
 */
export class KeyedChecksumKeeper {
  readonly #url: string;
  readonly #keytab: string;
  readonly #waiting = new Map<number, Waiting>();
  #process: ChildProcess | undefined;
  #closed = false;
  #requests = 0;

  constructor(url: string, keytab: string) {
    this.#url = url;
    this.#keytab = keytab;
  }

  /** @throws XRootDError, SandboxError NotRunning */
  cache(path: string): Promise<void> {
    if (this.#closed) return Promise.reject(new SandboxError('NotRunning', 'The sandbox is stopped'));
    const running = (this.#process ??= this.#start());
    const request: ChecksumRequest = { id: ++this.#requests, path };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      // A message that didn't get there: its end tells.
      running.send(request, () => undefined);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#process;
    if (running === undefined) return;
    const gone = once(running, 'exit').catch(() => undefined);
    if (running.kill('SIGKILL')) await gone;
  }

  #start(): ChildProcess {
    const started = fork(program, [this.#url], {
      env: { ...process.env, XrdSecPROTOCOL: 'sss', XrdSecSSSKT: this.#keytab },
      // Ours may hold a whole program (`node -e`).
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Its own session: a Ctrl-C in our terminal isn't for it.
      detached: true,
    });
    started.on('message', (message) => {
      const { id, failure } = message as ChecksumAnswer;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failure === undefined) waiting?.resolve();
      else waiting?.reject(errorOf(failure));
    });
    started.on('error', (error) => {
      this.#ended(started, error);
    });
    started.on('exit', () => {
      this.#ended(started);
    });
    // The server process is what keeps a program with a sandbox alive.
    started.unref();
    started.channel?.unref();
    return started;
  }

  #ended(which: ChildProcess, cause?: Error): void {
    if (this.#process !== which) return;
    this.#process = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) {
      reject(
        new SandboxError('NotRunning', "The process that asks for the sandbox's checksums ended", { cause }),
      );
    }
  }
}

function errorOf(failure: ChecksumFailure): Error {
  return typeof failure === 'string' ? new Error(failure) : new XRootDError(failure.native, failure.context);
}
