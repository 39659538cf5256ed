/** Runs a function once and gives every caller its result; after a failure the next caller runs it again. */
export class Once<T> {
  readonly #find: () => Promise<T>;
  #found: Promise<T> | undefined;

  constructor(find: () => Promise<T>) {
    this.#find = find;
  }

  async get(): Promise<T> {
    const found = (this.#found ??= this.#find());
    try {
      return await found;
    } catch (error) {
      if (this.#found === found) this.#found = undefined;
      throw error;
    }
  }
}
