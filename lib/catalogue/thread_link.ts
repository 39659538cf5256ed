/** The link to the catalogue's thread: starts it, sends requests, and fails them all if it ends. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CatalogueError } from './error.js';
import type { Operation, Operations, Request, Response } from './messages.js';
import { ThreadCalls } from './thread_calls.js';

interface Waiting {
  resolve: (answer: never) => void;
  reject: (error: CatalogueError) => void;
}

/** A commit takes milliseconds. One that waits for another process's lock is given up. */
const LONGEST_AT_EXIT_MILLISECONDS = 1000;

/** Of threads that run. */
const running = new Set<ThreadCalls>();

process.on('exit', () => {
  for (const calls of running) calls.stop();
  for (const calls of running) calls.wait(LONGEST_AT_EXIT_MILLISECONDS);
});

export class ThreadLink {
  readonly #calls = new ThreadCalls();
  readonly #exited: Promise<unknown>;
  readonly #file: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended: CatalogueError | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#worker = new Worker(new URL('./thread.js', import.meta.url), {
      name: 'catalogue',
      // Rows live for a moment: V8's 48 MB for young objects would be filled for nothing. This saves 20 MB, and costs some 3 % of CPU time.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
      // The process's own options may not suit a thread: `--input-type` ends it at once.
      execArgv: [],
      workerData: this.#calls.memory,
    });
    this.#exited = once(this.#worker, 'exit').catch(() => undefined);
    running.add(this.#calls);
    this.#worker.on('message', (response: Response) => {
      this.#answered(response);
    });
    this.#worker.on('error', (error) => {
      this.#end(`its thread has failed: ${String(error)}`);
    });
    this.#worker.on('exit', () => {
      running.delete(this.#calls);
      this.#end('its thread has ended');
    });
    // A process that only waits for nothing may end.
    this.#worker.unref();
  }

  /** @throws {CatalogueError} */
  ask<O extends Operation>(operation: O, ask: Operations[O]['ask']): Promise<Operations[O]['answer']> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const request: Request<O> = { id: ++this.#last, operation, ask };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    this.#end('it is closed');
    this.#calls.stop();
    this.#worker.ref();
    this.#worker.postMessage(undefined);
    await this.#exited;
  }

  #answered(response: Response): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (waiting === undefined) return;
    if ('answer' in response) waiting.resolve(response.answer as never);
    else {
      const { code, file, message } = response.error;
      waiting.reject(new CatalogueError(code, file, message));
    }
  }

  #end(why: string): void {
    this.#ended ??= new CatalogueError('Unavailable', this.#file, `the catalogue ${this.#file}: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
