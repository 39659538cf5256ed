/**
 * How many checksum queries are in flight: half as many when an answer is late, twice as many after a while without late
 * ones. Every late answer makes that while twice as long, so that a server that stalls is tried ever more rarely. Pure.
 */

export interface QueryBounds {
  first: number;
  most: number;
}

/** Answers in time, for each query in flight, after which there may be more. */
const firstWhile = 16;
const longestWhile = 16 * 1024;

export class QueryTuner {
  readonly #most: number;
  #limit: number;
  #while = firstWhile;
  #inTime = 0;
  /** Queries of a limit that was too high: that they are late too says nothing new. */
  #settling = 0;

  constructor({ first, most }: QueryBounds) {
    this.#most = most;
    this.#limit = Math.min(first, most);
  }

  get limit(): number {
    return this.#limit;
  }

  inTime(): void {
    if (this.#settling > 0) {
      this.#settling -= 1;
      return;
    }
    this.#inTime += 1;
    if (this.#inTime < this.#while * this.#limit) return;
    this.#inTime = 0;
    this.#limit = Math.min(this.#most, this.#limit * 2);
  }

  late(): void {
    this.#inTime = 0;
    if (this.#settling > 0) {
      this.#settling -= 1;
      return;
    }
    this.#settling = this.#limit - 1;
    this.#while = Math.min(longestWhile, this.#while * 2);
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }
}
