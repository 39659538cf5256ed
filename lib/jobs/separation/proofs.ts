/** Remembers what was proved about a directory, so that it isn't proved again for each of its files. */

/** At most this many proofs are remembered. One that was dropped is made again, which costs a request. */
const most = 10_000;

export class Proofs {
  readonly #made = new Map<string, Promise<unknown>>();

  /**
   * @param prove resolves with `passing` if its result isn't to be remembered
   * @throws what `prove` throws; the next caller's proof is made anew
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
