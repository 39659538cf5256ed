/**
 * The outcomes of a pass. They are counted at once; with watermarks, records that may be removed are counted once it is
 * known whether they are among the oldest. These are only candidates: each is looked at again before it is removed (S1).
 */
import type { CacheRecord } from '../../cache/walk.js';
import { changedAt } from '../../rules/settling.js';
import type { TapeWaitCount } from '../../rules/tape_wait.js';
import { OldestFiles, type Aged } from '../../rules/watermarks.js';
import type { RecordOutcome } from './backup_context.js';
import type { TapeSigns } from '../record/told_by_query.js';
import { afterCopy, hasGone, waitingForTape } from './backup_record.js';
import type { JobRun } from '../run/job_run.js';
import type { TaskPool } from '../../flow/task_pool.js';

interface Candidate extends Aged {
  record: CacheRecord;
  /** What is counted if it isn't removed. */
  outcome: RecordOutcome;
}

/** Most candidates that are kept, of about half a kilobyte each; at most twice this number is in memory. */
const mostCandidates = 50_000;

export class RecordOutcomes {
  readonly #run: JobRun;
  readonly #notOnTape: TapeWaitCount;
  readonly #now: () => number;
  readonly #oldest: OldestFiles<Candidate>;
  readonly #signs: TapeSigns;

  /** @param bytes to remove by the watermarks */
  constructor(
    run: JobRun,
    { notOnTape, signs }: { notOnTape: TapeWaitCount; signs: TapeSigns },
    now: () => number,
    bytes: number,
  ) {
    this.#signs = signs;
    this.#run = run;
    this.#notOnTape = notOnTape;
    this.#now = now;
    this.#oldest = new OldestFiles(bytes, mostCandidates);
  }

  add(record: CacheRecord, outcome: RecordOutcome): void {
    if (outcome.mayGo !== true) this.#finish(record, outcome);
    else
      for (const younger of this.#oldest.add({ ...this.#aged(record), record, outcome }))
        this.#stays(younger);
  }

  /**
   * Removes the oldest, one after the other, until `bytes` are removed.
   * @param again deals with the record anew and returns its outcome; `ended` if the pass ends
   * @returns the bytes that could not be removed; 0 or less if there are none
   */
  async removeOldest(
    bytes: number,
    pool: TaskPool,
    again: (record: CacheRecord) => Promise<RecordOutcome | 'ended'>,
  ): Promise<number> {
    let left = bytes;
    for (let batch = this.#oldest.take(left); batch.length > 0; batch = this.#oldest.take(left)) {
      for (const candidate of batch)
        await pool.add(async () => {
          const outcome = await again(candidate.record);
          if (outcome === 'ended') {
            this.#stays(candidate);
            return;
          }
          if (hasGone(outcome)) left -= candidate.size;
          const { record, outcome: before } = candidate;
          this.#finish(record, before.result === 'copied' ? afterCopy(before, outcome) : outcome);
        });
      await pool.idle();
      if (this.#run.signal.aborted) break;
    }
    return left;
  }

  /** Counts the candidates that need not be removed, or were not reached. */
  keepRest(): void {
    for (let rest = this.#oldest.take(Infinity); rest.length > 0; rest = this.#oldest.take(Infinity))
      for (const candidate of rest) this.#stays(candidate);
  }

  /** Counts a file that stays in the cache and isn't known to be on tape: the pass ended before, or something keeps it from tape. */
  readonly unknown = (file: Pick<CacheRecord, 'path' | 'identity'>): void => {
    this.#notOnTape.add(this.#aged(file));
  };

  #stays({ record, outcome }: Candidate): void {
    this.#finish(record, outcome);
  }

  #finish(record: CacheRecord, outcome: RecordOutcome): void {
    const aged = this.#aged(record);
    this.#run.finish(outcome, aged);
    const waits = outcome.result === 'kept' && outcome.reason === waitingForTape;
    if (waits) this.#signs.add(record.path);
    if (!hasGone(outcome) && outcome.onTape !== true) this.#notOnTape.add(aged);
  }

  #aged({ path, identity }: Pick<CacheRecord, 'path' | 'identity'>): Aged {
    return { path, size: Number(identity.size), changedAt: changedAt(identity, this.#now()) };
  }
}
