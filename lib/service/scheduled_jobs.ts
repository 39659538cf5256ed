/** What a configuration wants done by schedule. */
import { ConfigError, requireCache, type ArchiveConfig } from '../config/index.js';
import type { Report } from '../jobs/events/report.js';
import { parseSchedule, type Schedule } from '../rules/schedule.js';

export type ScheduledName = Extract<Report['job'], 'backup' | 'retention'>;

export interface ScheduledJob {
  job: ScheduledName;
  schedule: Schedule;
}

/**
 * Of equal slots the first one's pass comes first.
 * @throws {ConfigError} without schedule of a backup, or without a cache
 */
export function scheduledJobs(config: ArchiveConfig): ScheduledJob[] {
  requireCache(config);
  const { backup, retention, zone } = schedulesOf(config);
  if (backup === undefined) {
    const message = 'is missing: the service needs a schedule like "0 3 * * *" (copy_cron_string in a file)';
    throw new ConfigError([{ key: 'copyCronString', message }]);
  }
  const jobs: ScheduledJob[] = [{ job: 'backup', schedule: parseSchedule(backup, zone) }];
  if (retention !== undefined) jobs.push({ job: 'retention', schedule: parseSchedule(retention, zone) });
  return jobs;
}

export function sameSchedules(a: ArchiveConfig, b: ArchiveConfig): boolean {
  const [one, other] = [schedulesOf(a), schedulesOf(b)];
  return one.backup === other.backup && one.retention === other.retention && one.zone === other.zone;
}

function schedulesOf({ copyCronString, retention, timezoneStr }: ArchiveConfig) {
  return { backup: copyCronString, retention: retention?.cronString, zone: timezoneStr };
}
