/** How a pass ended, in one word: for counting and for people. Pure. */
import type { Report } from '../jobs/events/report.js';

/** `error`: it ended early, by something other than a stop; `failures`: it went through, but files failed or conflict. */
export const PASS_OUTCOMES = ['ok', 'failures', 'interrupted', 'error'] as const;
export type PassOutcome = (typeof PASS_OUTCOMES)[number];

export function outcomeOf({
  error,
  interrupted,
  failed,
  conflicts,
}: Pick<Report, 'error' | 'interrupted' | 'failed' | 'conflicts'>): PassOutcome {
  if (error !== undefined) return 'error';
  if (interrupted) return 'interrupted';
  return failed + conflicts > 0 ? 'failures' : 'ok';
}

/** Its length in seconds. */
export function secondsOf({ startedAt, finishedAt }: Pick<Report, 'startedAt' | 'finishedAt'>): number {
  return Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
}
