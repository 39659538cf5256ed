/** What was proved, by directory, so that it isn't asked for each file of it. */

/** Those that are remembered; one that is forgotten is made again, which costs a request. */
const most = 10_000;

export class Proofs {
  readonly #made = new Map<string, Promise<void>>();

  /** @throws what `prove` throws; the next who asks has it proved again */
  async of(directory: string, prove: () => Promise<void>): Promise<void> {
    const known = this.#made.get(directory);
    if (known !== undefined) {
      await known;
      return;
    }
    const proof = prove();
    this.#made.set(directory, proof);
    const [oldest] = this.#made.keys();
    if (this.#made.size > most && oldest !== undefined) this.#made.delete(oldest);
    try {
      await proof;
    } catch (error) {
      if (this.#made.get(directory) === proof) this.#made.delete(directory);
      throw error;
    }
  }
}
