/** What a configuration wants done by schedule. */
import { isDeepStrictEqual } from 'node:util';
import { ConfigError, requireCache, type ArchiveConfig } from '../config/index.js';
import type { Report } from '../jobs/events/report.js';
import { parseSchedule, type Schedule } from '../rules/schedule.js';

/** An audit is the job `verify`. */
export type ScheduledName = Extract<Report['job'], 'backup' | 'retention' | 'verify' | 'drill'>;

export interface ScheduledJob {
  job: ScheduledName;
  schedule: Schedule;
}

/**
 * Jobs of one lane run one after the other, lanes beside each other: a drill may wait for tape for days, and no backup waits for it.
 * What removes records is in one lane.
 */
export const LANES: readonly (readonly Report['job'][])[] = [
  ['backup', 'retention'],
  ['verify', 'drill'],
];

export type ScheduleConfig = Partial<
  Pick<ArchiveConfig, 'copyCronString' | 'timezoneStr' | 'retention' | 'audit' | 'drill'>
>;

/** Undefined: the job isn't run by schedule. */
export function laneOf(job: Report['job']): readonly Report['job'][] | undefined {
  return LANES.find((lane) => lane.includes(job));
}

/**
 * Of equal slots the first one's pass comes first.
 * @throws {ConfigError} without schedule of a backup, or without a cache
 */
export function scheduledJobs(config: ArchiveConfig): ScheduledJob[] {
  requireCache(config);
  const { backup, ...others } = schedulesOf(config);
  if (backup === undefined) {
    const message = 'is missing: the service needs a schedule like "0 3 * * *" (copy_cron_string in a file)';
    throw new ConfigError([{ key: 'copyCronString', message }]);
  }
  return jobsOf({ backup, ...others }, config.timezoneStr);
}

/** As scheduledJobs(), as far as there are schedules. */
export function schedulesIn(config: ScheduleConfig): ScheduledJob[] {
  return config.timezoneStr === undefined ? [] : jobsOf(schedulesOf(config), config.timezoneStr);
}

function jobsOf(schedules: Record<ScheduledName, string | undefined>, timezone: string): ScheduledJob[] {
  return (Object.entries(schedules) as [ScheduledName, string | undefined][]).flatMap(([job, cron]) =>
    cron === undefined ? [] : [{ job, schedule: parseSchedule(cron, timezone) }],
  );
}

export function sameSchedules(a: ArchiveConfig, b: ArchiveConfig): boolean {
  return a.timezoneStr === b.timezoneStr && isDeepStrictEqual(schedulesOf(a), schedulesOf(b));
}

function schedulesOf(config: ScheduleConfig): Record<ScheduledName, string | undefined> {
  const { copyCronString: backup, retention, audit, drill } = config;
  return {
    backup,
    retention: retention?.cronString,
    verify: audit?.cronString,
    drill: drill?.cronString,
  };
}
