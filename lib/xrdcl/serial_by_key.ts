/** Runs tasks of the same key one after the other, and those of different keys side by side. */
export class SerialByKey {
  readonly #last = new Map<string, Promise<unknown>>();

  /** @throws what the task throws; the signal's reason when aborted before its turn, the task being skipped. */
  async run<T>(key: string, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = (async () => {
      await before?.catch(() => undefined);
      signal?.throwIfAborted();
      return task();
    })();
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}
