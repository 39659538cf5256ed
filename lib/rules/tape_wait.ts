/** How many records are not on tape, and since when: tape systems may fail silently. */

export interface TapeWait {
  /**
   * Records in the cache for which this pass saw no identical copy on tape. Records that it found, but couldn't ask about
   * before it ended, count too.
   */
  files: number;
  /** Their bytes. */
  bytes: number;
  /** Of these records, those that have been unchanged for `max_age_warning` or longer; 0 where it isn't set. */
  overdue: number;
  /** The record that has been unchanged for longest, and since when (ISO 8601, UTC); absent if there is none. */
  oldest?: {
    /** Relative to the cache. */
    path: string;
    /** ISO 8601, UTC. */
    since: string;
  };
}

export class TapeWaitCount {
  readonly #overdueBefore: number;
  #counts = { files: 0, bytes: 0, overdue: 0 };
  #oldest: { path: string; changedAt: number } | undefined;

  /** @param overdueBefore milliseconds since the epoch: what changed last at this time or earlier is overdue */
  constructor(overdueBefore = -Infinity) {
    this.#overdueBefore = overdueBefore;
  }

  /** @param file with `changedAt` from changedAt() of settling.ts */
  add(file: { path: string; size: number; changedAt: number }): void {
    const { path, size, changedAt } = file;
    this.#counts.files += 1;
    this.#counts.bytes += size;
    // No Date can hold this time: its age is not known.
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
