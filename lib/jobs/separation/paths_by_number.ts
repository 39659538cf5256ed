/** Which of many directories have a certain number: they are walked once, when the first one is asked for. */
import { Once } from '../../flow/once.js';

export interface Numbered<N> {
  path: string;
  number: N;
}

export class PathsByNumber<N> {
  readonly #paths: Once<ReadonlyMap<N, readonly string[]>>;

  /** @param walk 100 to 200 bytes are kept of each that it gives */
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

  /** @throws what the walk throws; whoever asks next has it walked again */
  async pathsOf(number: N): Promise<readonly string[]> {
    return (await this.#paths.get()).get(number) ?? [];
  }
}
