/** The time zone, and when the service begins passes in it. */
import type { ArchiveConfig } from '../config/index.js';
import { parseSchedule } from '../rules/schedule.js';
import { ok, type Finding } from './finding.js';

export function checkTimeZone(
  { timezoneStr: zone, copyCronString: cron }: ArchiveConfig,
  now: number,
): Finding {
  const show = (moment: number) =>
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(
      moment,
    );
  const next = cron === undefined ? undefined : parseSchedule(cron, zone).after(now);
  const passes =
    cron === undefined
      ? 'no copy_cron_string, so that the service begins no pass'
      : next === undefined
        ? `"${cron}" never comes`
        : `"${cron}" begins the next pass at ${show(next)}`;
  return ok('time zone', `${zone}, where it is ${show(now)}; ${passes}`);
}
