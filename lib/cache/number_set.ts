/** A set of large numbers that takes at most 32 bytes for each: a Set takes several times that. */
export class NumberSet {
  /** Open addressing; NaN is a free place. */
  #places = new Float64Array(1024).fill(NaN);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param number not NaN, and as good as random: it is its own hash */
  add(number: number): void {
    if (this.#size * 2 >= this.#places.length) this.#grow();
    if (insert(this.#places, number)) this.#size += 1;
  }

  has(number: number): boolean {
    return this.#places[placeOf(this.#places, number)] === number;
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (const number of this.#places) if (!Number.isNaN(number)) yield number;
  }

  /** All of them, in no order, as little-endian doubles. */
  bytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#size * 8);
    let at = 0;
    for (const number of this) at = bytes.writeDoubleLE(number, at);
    return bytes;
  }

  #grow(): void {
    const places = new Float64Array(this.#places.length * 2).fill(NaN);
    for (const number of this) insert(places, number);
    this.#places = places;
  }
}

/** Where the number is, or would be. */
function placeOf(places: Float64Array, number: number): number {
  let place = Math.abs(number) % places.length;
  for (let there = places[place]; there !== number && !Number.isNaN(there); there = places[place])
    place = (place + 1) % places.length;
  return place;
}

function insert(places: Float64Array, number: number): boolean {
  const place = placeOf(places, number);
  if (places[place] === number) return false;
  places[place] = number;
  return true;
}
