/** The schedule of a configuration. */
import { ConfigError, type ArchiveConfig } from '../config/index.js';
import { parseSchedule, type Schedule } from '../rules/schedule.js';

/** @throws {ConfigError} when there is none */
export function configuredSchedule({ copyCronString, timezoneStr }: ArchiveConfig): Schedule {
  if (copyCronString !== undefined) return parseSchedule(copyCronString, timezoneStr);
  const message = 'is missing: the service needs a schedule like "0 3 * * *" (copy_cron_string in a file)';
  throw new ConfigError([{ key: 'copyCronString', message }]);
}
