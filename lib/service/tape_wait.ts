/** What a backup tells of records that are in the cache and not on tape. Pure. */
import type { Report } from '../jobs/report.js';
import { REASONS } from '../rules/removal.js';

export interface TapeWait {
  /** Kept because they are not on tape yet. */
  records: number;
  /** Of the records that are not on tape, kept or just copied, the one that has waited longest. */
  oldest?: { path: string; since: string };
  /** How many of them are older than `max_age_warning`. */
  overdue: number;
}

/** Undefined where the report can't tell: another job, or one that didn't see all records. */
export function tapeWaitOf(report: Report): TapeWait | undefined {
  const { job, error, interrupted, keptReasons, oldestNotOnTape: oldest, overdue = 0 } = report;
  if (job !== 'backup' || error !== undefined || interrupted) return undefined;
  return { records: keptReasons[REASONS.notOnTape] ?? 0, overdue, ...(oldest && { oldest }) };
}
