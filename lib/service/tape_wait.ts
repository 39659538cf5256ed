/** What a backup tells of records that are in the cache and not on tape. Pure. */
import type { Report } from '../jobs/events/report.js';
import type { TapeWait } from '../rules/tape_wait.js';

export type { TapeWait };

/** Undefined where the report can't tell: of another job, or of one that didn't see all records. */
export function tapeWaitOf({ error, interrupted, notOnTape }: Report): TapeWait | undefined {
  return error === undefined && !interrupted ? notOnTape : undefined;
}
