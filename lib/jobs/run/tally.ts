/** Counts the outcomes of a pass, and makes its report. Pure: the caller gives the times. */
import type { Failure, Report } from '../events/report.js';

/** What became of one scanned file: exactly one of these. `reason`: why a dry run would do it. */
export type Outcome =
  | { result: 'copied'; bytes: number; removed: boolean; reason?: string }
  | { result: 'removed' | 'staged' | 'requested' | 'verified'; bytes: number; reason?: string }
  | { result: 'evicted' }
  /** Its facts are in the catalogue now. */
  | { result: 'noted' }
  | { result: 'kept'; reason: string }
  /** `bytesCopied`: the copy is complete, what came after it is not. */
  | { result: 'failed' | 'conflicts'; failure: Failure; bytesCopied?: number };

/** Counts that only some jobs have. */
const ownCounts: Partial<Record<Report['job'], Partial<Report>>> = {
  stage: { staged: 0, requested: 0, bytesStaged: 0 },
  evict: { evicted: 0 },
  verify: { verified: 0, bytesVerified: 0 },
  drill: { verified: 0, bytesVerified: 0 },
  rebuild: { noted: 0 },
};

/** A report lists at most this many failures; it counts all. */
export const mostFailures = 1000;

export class Tally {
  readonly #report: Omit<Report, 'finishedAt' | 'interrupted'>;

  constructor(job: Report['job'], dryRun: boolean, startedAt: Date) {
    this.#report = {
      job,
      startedAt: startedAt.toISOString(),
      dryRun,
      scanned: 0,
      copied: 0,
      removed: 0,
      removedAfterCopy: 0,
      kept: 0,
      failed: 0,
      conflicts: 0,
      ...ownCounts[job],
      bytesCopied: 0,
      bytesRemoved: 0,
      keptReasons: {},
      failures: [],
    };
  }

  get scanned(): number {
    return this.#report.scanned;
  }

  add(outcome: Outcome): void {
    const report = this.#report;
    report.scanned += 1;
    report[outcome.result] = (report[outcome.result] ?? 0) + 1;
    switch (outcome.result) {
      case 'copied':
        report.bytesCopied += outcome.bytes;
        if (outcome.removed) {
          report.removedAfterCopy += 1;
          report.bytesRemoved += outcome.bytes;
        }
        break;
      case 'removed':
        report.bytesRemoved += outcome.bytes;
        break;
      case 'staged':
      case 'requested':
        report.bytesStaged = (report.bytesStaged ?? 0) + outcome.bytes;
        break;
      case 'verified':
        report.bytesVerified = (report.bytesVerified ?? 0) + outcome.bytes;
        break;
      case 'evicted':
      case 'noted':
        break;
      case 'kept':
        report.keptReasons[outcome.reason] = (report.keptReasons[outcome.reason] ?? 0) + 1;
        break;
      case 'failed':
      case 'conflicts':
        report.bytesCopied += outcome.bytesCopied ?? 0;
        if (report.failures.length < mostFailures) report.failures.push(outcome.failure);
        break;
    }
  }

  report(finishedAt: Date, interrupted: boolean, error?: Failure): Report {
    const { job, startedAt, dryRun, ...counts } = this.#report;
    return {
      job,
      startedAt,
      finishedAt: finishedAt.toISOString(),
      dryRun,
      interrupted,
      ...(error && { error }),
      ...counts,
    };
  }
}
