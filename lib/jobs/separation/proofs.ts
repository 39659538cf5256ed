/** What was proved, by directory, so that it isn't asked for each file of it. */

/** Those that are remembered; one that is forgotten is made again, which costs a request. */
const most = 10_000;

export class Proofs {
  readonly #made = new Map<string, Promise<unknown>>();

  /**
   * @param prove resolves with `passing` if it is to be made again for the next who asks
   * @throws what `prove` throws; the next who asks has his own made
   */
  async of(directory: string, prove: () => Promise<unknown>): Promise<void> {
    const proof = this.#made.get(directory) ?? this.#begin(directory, prove());
    let passing = true;
    try {
      passing = (await proof) === 'passing';
    } finally {
      if (passing && this.#made.get(directory) === proof) this.#made.delete(directory);
    }
  }

  #begin(directory: string, proof: Promise<unknown>): Promise<unknown> {
    this.#made.set(directory, proof);
    const [oldest] = this.#made.keys();
    if (this.#made.size > most && oldest !== undefined) this.#made.delete(oldest);
    return proof;
  }
}
