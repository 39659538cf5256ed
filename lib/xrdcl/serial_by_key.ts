/** Runs tasks of the same key one after the other, and those of different keys side by side. */
import { unlessAborted } from './request.js';

export class SerialByKey {
  readonly #last = new Map<string, Promise<void>>();

  /** @throws what the task throws; the signal's reason when aborted before its turn: then the task doesn't start. */
  async run<T>(key: string, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    let release = (): void => undefined;
    const done = new Promise<void>((resolve) => (release = resolve));
    const turn = Promise.all([before, done]).then(() => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    });
    this.#last.set(key, turn);
    try {
      await unlessAborted(before, signal);
      return await task();
    } finally {
      release();
    }
  }
}
