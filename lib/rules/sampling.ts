/** Random samples that can be drawn again: what chance decides is a function of the path and a seed. */

/** From 0 to below 1, evenly spread over paths and over seeds. 53 bits. */
export function fractionOf(path: string, seed: string): number {
  const text = `${seed}\0${path}`;
  let high = 0x9e3779b9;
  let low = 0x243f6a88;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x85ebca6b);
    low = Math.imul(low ^ unit, 0xc2b2ae35);
    // Else only low bits would ever reach high ones.
    high ^= high >>> 15;
    low ^= low >>> 13;
  }
  high = mixed(high ^ Math.imul(low, 0x27d4eb2f));
  low = mixed(low ^ Math.imul(high, 0x165667b1));
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/** Murmur's last step: every bit of the answer depends on every bit of the number. */
function mixed(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** About `percent` % of all paths; with the same seed a larger percentage holds all of a smaller one. */
export function inSample(path: string, seed: string, percent: number): boolean {
  return fractionOf(path, seed) * 100 < percent;
}

export interface SampleLimits {
  /** Most files. */
  files?: number | undefined;
  /** Most bytes; a file that is larger is drawn alone, if chance wants it first. */
  bytes?: number | undefined;
}

/**
 * Files out of a stream of unknown length, each with the same chance, whatever the order: those with the smallest
 * fractions, as many as the limits hold. Memory holds those, and one more.
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
    const at = fractionOf(item.path, this.#seed);
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
    // The last one was kept only to know that the limit lies within it.
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
