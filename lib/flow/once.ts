/** What is found out once, for all who ask; after a failure the next who asks has it found out again. */
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
