/** How long a server usually takes for an answer, and from when on one is late. Pure. */

/** Of the mean, the part that the newest answer makes. */
const weight = 1 / 8;
/** An answer that takes so many times the mean is late. */
const factor = 10;
const leastMilliseconds = 1000;

export class UsualTime {
  #mean = 0;

  /** Milliseconds from which on an answer is late; one second while the server is quick, or has told nothing yet. */
  get lateAfter(): number {
    return Math.max(leastMilliseconds, factor * this.#mean);
  }

  answered(milliseconds: number): void {
    this.#mean += (milliseconds - this.#mean) * weight;
  }
}
