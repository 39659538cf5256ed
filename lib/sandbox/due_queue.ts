/** setTimeout's limit. */
const longestMilliseconds = 2 ** 31 - 1;

/** Keys that become due, each at its own time. */
export class DueQueue {
  readonly #onDue: (key: string) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(onDue: (key: string) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#timers.size;
  }

  /** Sets when `key` is due, in seconds from now; replaces what was set before. */
  set(key: string, seconds: number): void {
    clearTimeout(this.#timers.get(key));
    const due = (): void => {
      this.#timers.delete(key);
      this.#onDue(key);
    };
    const timer = setTimeout(due, Math.min(seconds * 1000, longestMilliseconds));
    // The server process is what keeps a program with a sandbox alive.
    timer.unref();
    this.#timers.set(key, timer);
  }

  delete(key: string): boolean {
    clearTimeout(this.#timers.get(key));
    return this.#timers.delete(key);
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
