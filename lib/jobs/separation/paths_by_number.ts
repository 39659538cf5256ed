/** Finds the directories that have a given inode number. All are walked once, at the first question. */
import { Once } from '../../flow/once.js';

export interface Numbered<N> {
  path: string;
  number: N;
}

export class PathsByNumber<N> {
  readonly #paths: Once<ReadonlyMap<N, readonly string[]>>;

  /** @param walk gives the directories; 100 to 200 bytes are kept for each */
  constructor(walk: () => AsyncIterable<Numbered<N>>) {
    this.#paths = new Once(async () => {
      const paths = new Map<N, string[]>();
      for await (const { path, number } of walk()) {
        const same = paths.get(number);
        if (same === undefined) paths.set(number, [path]);
        else same.push(path);
      }
      return paths;
    });
  }

  /** @throws what the walk throws; the next question starts the walk again */
  async pathsOf(number: N): Promise<readonly string[]> {
    return (await this.#paths.get()).get(number) ?? [];
  }
}
