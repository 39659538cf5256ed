/**
 * Which of very many directories have a certain number. What is kept of them is their numbers alone; for one that is found they
 * are walked once more, since that nearly never happens.
 */
export interface Numbered<N> {
  path: string;
  number: N;
}

export class PathsByNumber<N> {
  readonly #walk: () => AsyncIterable<Numbered<N>>;
  #numbers: Promise<ReadonlySet<N>> | undefined;
  readonly #found = new Map<N, Promise<string[]>>();

  constructor(walk: () => AsyncIterable<Numbered<N>>) {
    this.#walk = walk;
  }

  /** @throws what the walk throws; whoever asks next has it walked again */
  async pathsOf(number: N): Promise<string[]> {
    this.#numbers ??= this.#all().catch((error: unknown) => {
      this.#numbers = undefined;
      throw error;
    });
    if (!(await this.#numbers).has(number)) return [];
    let paths = this.#found.get(number);
    if (paths === undefined) {
      paths = this.#find(number);
      this.#found.set(number, paths);
      paths.catch(() => this.#found.delete(number));
    }
    return await paths;
  }

  async #all(): Promise<ReadonlySet<N>> {
    const numbers = new Set<N>();
    for await (const { number } of this.#walk()) numbers.add(number);
    return numbers;
  }

  async #find(wanted: N): Promise<string[]> {
    const paths: string[] = [];
    for await (const { path, number } of this.#walk()) if (number === wanted) paths.push(path);
    return paths;
  }
}
