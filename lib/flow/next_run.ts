/** Runs a function for many callers at once: each gets the result of a run that began after it had asked. */
export class NextRun<T> {
  readonly #find: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(find: () => Promise<T>) {
    this.#find = find;
  }

  ask(): Promise<T> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(ignore, ignore).then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<T> {
    const running = this.#find().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}

function ignore(): void {
  // The caller of that run has its error.
}
