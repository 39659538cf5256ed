/** Runs tasks in parallel, at most `most()` at a time. The first error of a task is the error of the pool. */
export class TaskPool {
  readonly #most: () => number;
  #running = 0;
  #failures: unknown[] = [];
  #waiting: (() => void)[] = [];

  /** @param most may change at any time */
  constructor(most: () => number) {
    this.#most = most;
  }

  get failed(): boolean {
    return this.#failures.length > 0;
  }

  /** Starts a task, once there is room for it. */
  async add(task: () => Promise<void>): Promise<void> {
    while (this.#running >= this.#most()) await this.#ended();
    this.#running += 1;
    void task()
      .catch((error: unknown) => this.#failures.push(error))
      .finally(() => {
        this.#running -= 1;
        for (const wake of this.#waiting.splice(0)) wake();
      });
  }

  /** Resolves when a task could start at once. */
  async room(): Promise<void> {
    while (this.#running >= this.#most()) await this.#ended();
  }

  /** Resolves when all have ended. @throws what the first one threw */
  async idle(): Promise<void> {
    while (this.#running > 0) await this.#ended();
    if (this.failed) throw this.#failures[0];
  }

  #ended(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
