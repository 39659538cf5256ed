/** Repeatable random samples: a hash of path and seed decides. */
import { pathFraction } from './path_fraction.js';

/** True for about `percent` % of all paths. With the same seed, a larger sample includes every smaller one. */
export function inSample(path: string, seed: string, percent: number): boolean {
  return pathFraction(path, seed) * 100 < percent;
}

export interface SampleLimits {
  /** Most files. */
  files?: number | undefined;
  /** Most bytes. A larger file is drawn only if it comes first, and then alone. */
  bytes?: number | undefined;
}

/**
 * Draws files from a stream of unknown length, each with the same chance in any order: those with the smallest fractions, as
 * many as the limits allow. Keeps those and one more in memory.
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

  /** By ascending fraction. */
  items(): T[] {
    const items = this.#drawn.map(({ item }) => item);
    // The last one exceeds the limit. It was kept to mark where the sample ends.
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
