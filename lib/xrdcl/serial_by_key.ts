/** Runs tasks of the same key one after the other, and those of different keys side by side. */
import { onAbort } from '../addon/abort.js';

export class SerialByKey {
  /** Of every key that is in use: those who wait for it. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /** @throws what the task throws; the signal's reason when aborted before its turn: then the task doesn't start. */
  async run<T>(key: string, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, new Set());
    else await turn(waiting, signal);
    try {
      return await task();
    } finally {
      this.#next(key);
    }
  }

  #next(key: string): void {
    const waiting = this.#waiting.get(key);
    const [first] = waiting ?? [];
    if (first === undefined) this.#waiting.delete(key);
    else first();
  }
}

function turn(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const start = () => {
      waiting.delete(start);
      ignore();
      resolve();
    };
    waiting.add(start);
    const ignore = onAbort(signal, () => {
      waiting.delete(start);
      reject(signal?.reason as Error);
    });
  });
}
