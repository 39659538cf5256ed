/**
 * Finds the best number of parallel copies for a server and its network by trying. It begins low and doubles the number as long
 * as that makes the rate a tenth higher. Now and then it tries whether fewer do as well or more do better. It halves the number
 * on errors. Pure: the caller passes the time.
 */

export interface TunerBounds {
  first: number;
  most: number;
}

/** More copies are kept if they bring at least this many times the best rate. */
const gain = 1.1;
/** Fewer copies are kept if they still bring this many times the best rate. */
const same = 0.97;
/** Shortest window over which a rate is measured. */
const windowMilliseconds = 500;
/** A window has at least this many copies for each copy that may run at once. */
const turnsPerWindow = 2;
/** Windows between two trials of another number. */
const rest = 16;
/** The number of copies doesn't grow for this time after an error. */
const calmMilliseconds = 30_000;

export class CopyTuner {
  readonly #most: number;
  #limit: number;
  /** The best limit so far; other limits are compared with it. */
  #best: { limit: number; rate: number } | undefined;
  /** Why `limit` is on trial; undefined: it isn't. The first trial is always for more. */
  #trying: 'more' | 'fewer' | undefined = 'more';
  #rested = 0;
  #lastLook: 'more' | 'fewer' = 'more';
  #calmUntil = -Infinity;
  #window: { since: number; work: number; ended: number } | undefined;
  /** Copies that may still run from under the previous limit; their ends are not measured. */
  #settling = 0;

  constructor({ first, most }: TunerBounds) {
    this.#most = most;
    this.#limit = Math.min(first, most);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Fewer copies ran than the limit allows: this rate would say nothing about the limit. */
  idle(): void {
    this.#window = undefined;
  }

  /** A copy succeeded. @param work its size, always in the same unit */
  ended(work: number, now: number): void {
    if (this.#settling > 0) {
      this.#settling -= 1;
      return;
    }
    this.#window ??= { since: now, work: -work, ended: -1 };
    const window = this.#window;
    window.work += work;
    window.ended += 1;
    const elapsed = now - window.since;
    if (elapsed < windowMilliseconds || window.ended < turnsPerWindow * this.#limit) return;
    this.#window = undefined;
    this.#judge(window.work / elapsed, now);
  }

  /** A copy failed with an error that fewer parallel copies might avoid. */
  failed(now: number): void {
    if (now < this.#calmUntil - calmMilliseconds / 2) return;
    this.#calmUntil = now + calmMilliseconds;
    this.#best = undefined;
    this.#trying = undefined;
    this.#rested = 0;
    this.#change(Math.max(1, Math.floor(this.#limit / 2)));
  }

  #judge(rate: number, now: number): void {
    const best = this.#best;
    const better = best === undefined || rate >= best.rate * (this.#trying === 'fewer' ? same : gain);
    if (this.#trying === undefined) {
      // Conditions change: older measurements count less.
      const known = best === undefined ? rate : (best.rate + rate) / 2;
      this.#best = { limit: this.#limit, rate: known };
      this.#rested += 1;
      if (this.#rested >= rest) this.#look(now);
    } else if (better) {
      this.#best = { limit: this.#limit, rate: best === undefined ? rate : Math.max(rate, best.rate) };
      this.#step(this.#trying, now);
    } else {
      this.#settle(best.limit);
    }
  }

  #look(now: number): void {
    this.#lastLook = this.#lastLook === 'more' ? 'fewer' : 'more';
    this.#step(this.#lastLook, now);
  }

  /** Tries another limit against the best one; keeps the present one if there is no other. */
  #step(way: 'more' | 'fewer', now: number): void {
    const next = way === 'more' ? Math.min(this.#most, this.#limit * 2) : Math.ceil(this.#limit / 2);
    if (next === this.#limit || (way === 'more' && now < this.#calmUntil)) {
      this.#settle(this.#limit);
      return;
    }
    this.#trying = way;
    this.#change(next);
  }

  #settle(limit: number): void {
    this.#trying = undefined;
    this.#rested = 0;
    this.#change(limit);
  }

  #change(limit: number): void {
    if (limit === this.#limit) return;
    this.#settling = this.#limit;
    this.#limit = limit;
    this.#window = undefined;
  }
}
