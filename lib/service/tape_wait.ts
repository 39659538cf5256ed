/** What a backup tells of records that are in the cache and not on tape. Pure. */
import type { Report } from '../jobs/events/report.js';
import type { TapeWait } from '../rules/tape_wait.js';

export type { TapeWait };

/** Undefined if the report is of another job, or of a backup that didn't see all records. */
export function tapeWaitOf({ error, interrupted, notOnTape }: Report): TapeWait | undefined {
  return error === undefined && !interrupted ? notOnTape : undefined;
}

/** The same of records that have left the cache. */
export function removedWaitOf({ error, interrupted, removedNotOnTape }: Report): TapeWait | undefined {
  return error === undefined && !interrupted ? removedNotOnTape : undefined;
}
