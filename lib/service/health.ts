/**
 * Is the service healthy? Failed passes and lost records don't count, since a restart wouldn't help; mail and metrics report them.
 * Pure.
 */
import { laneOf } from './scheduled_jobs.js';
import type { Status } from './status_board.js';

export interface Health {
  ok: boolean;
  text: string;
}

/** How late a planned pass may be while none of its lane runs; after that it will not come. */
const lateMilliseconds = 600_000;

export function healthOf({ now, planned, running }: Pick<Status, 'now' | 'planned' | 'running'>): Health {
  const busy = running.map(({ job }) => laneOf(job));
  const late = planned.find(
    ({ job, at }) => Date.parse(now) - Date.parse(at) > lateMilliseconds && !busy.includes(laneOf(job)),
  );
  if (late === undefined) return { ok: true, text: 'ok' };
  return { ok: false, text: `the ${late.job} pass that was planned for ${late.at} has not started` };
}
