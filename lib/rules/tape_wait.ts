/** The silent failure of tape systems: records that stay off tape. How many there are, and since when. */

export interface TapeWait {
  /**
   * Records that are in the cache and have no identical copy on tape, as far as this pass saw: those count as well that it
   * met, and couldn't ask about before it ended.
   */
  files: number;
  /** Their bytes. */
  bytes: number;
  /** Of these records, those that have been unchanged for `max_age_warning` or longer; 0 where it isn't set. */
  overdue: number;
  /** The one that has been unchanged for longest, and since when (ISO 8601, UTC); absent if there is none. */
  oldest?: { path: string; since: string };
}

export class TapeWaitCount {
  readonly #overdueBefore: number;
  #counts = { files: 0, bytes: 0, overdue: 0 };
  #oldest: { path: string; changedAt: number } | undefined;

  /** @param overdueBefore milliseconds since the epoch: what changed last at this time or earlier is overdue */
  constructor(overdueBefore = -Infinity) {
    this.#overdueBefore = overdueBefore;
  }

  /** @param file of which `changedAt` is what changedAt() of settling.ts says */
  add(file: { path: string; size: number; changedAt: number }): void {
    const { path, size, changedAt } = file;
    this.#counts.files += 1;
    this.#counts.bytes += size;
    // What no date can hold says nothing.
    if (changedAt < -8.64e15) return;
    if (changedAt <= this.#overdueBefore) this.#counts.overdue += 1;
    if (this.#oldest === undefined || changedAt < this.#oldest.changedAt) this.#oldest = { path, changedAt };
  }

  result(): TapeWait {
    const oldest = this.#oldest && {
      oldest: { path: this.#oldest.path, since: new Date(this.#oldest.changedAt).toISOString() },
    };
    return { ...this.#counts, ...oldest };
  }
}
