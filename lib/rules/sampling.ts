/** Random samples that can be drawn again: whether a file is drawn is a function of its path and a seed. */
import { pathFraction } from './path_fraction.js';

/** About `percent` % of all paths; with the same seed a larger percentage holds all of a smaller one. */
export function inSample(path: string, seed: string, percent: number): boolean {
  return pathFraction(path, seed) * 100 < percent;
}

export interface SampleLimits {
  /** Most files. */
  files?: number | undefined;
  /** Most bytes; a file that is larger is drawn only if it comes first, and then alone. */
  bytes?: number | undefined;
}

/**
 * Draws files from a stream of unknown length, each with the same chance, whatever the order: those with the smallest
 * fractions, as many as the limits allow. Memory holds those, and one more.
 */
export class Sample<T extends { path: string; size: number }> {
  readonly #seed: string;
  readonly #files: number;
  readonly #bytes: number;
  /** Ascending. */
  readonly #drawn: { at: number; item: T }[] = [];
  #total = 0;

  constructor(seed: string, { files = Infinity, bytes = Infinity }: SampleLimits) {
    this.#seed = seed;
    this.#files = files;
    this.#bytes = bytes;
  }

  add(item: T): void {
    const at = pathFraction(item.path, this.#seed);
    this.#drawn.splice(this.#place(at), 0, { at, item });
    this.#total += item.size;
    for (;;) {
      const last = this.#drawn.at(-1);
      if (last === undefined) return;
      const before = this.#total - last.item.size;
      if (this.#drawn.length <= this.#files && before <= this.#bytes) return;
      this.#drawn.pop();
      this.#total = before;
    }
  }

  /** In the order in which chance drew them. */
  items(): T[] {
    const items = this.#drawn.map(({ item }) => item);
    // The last one, which exceeds the limit, was kept only so that no later one takes its place.
    if (this.#total > this.#bytes && items.length > 1) items.pop();
    return items;
  }

  #place(at: number): number {
    let [from, to] = [0, this.#drawn.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#drawn[middle]?.at ?? 0) < at) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
