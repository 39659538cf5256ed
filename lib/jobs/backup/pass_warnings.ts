/** What a pass warns its operator of: a cache that looks wrong, a server without tape, records that tape is late with. */
import type { ArchiveConfig, Logger } from '../../config/index.js';
import { mountTables } from '../../config/mounts.js';
import type { Report } from '../events/report.js';
import type { JobDependencies, JobRun } from '../run/job_run.js';
import { waitingForTape } from './backup_record.js';
import { cacheWarnings } from './cache_warnings.js';

export async function warnOfCache(
  cache: string,
  bare: boolean,
  { logger, mounts = mountTables }: JobDependencies,
  run: JobRun,
): Promise<void> {
  const warnings = cacheWarnings(cache, bare, await mounts());
  if (warnings.length === 0) return;
  run.extra.warnings = warnings;
  for (const warning of warnings) logger.warn(warning);
}

export function warnOfNoTape(report: Report, { targetUrl }: ArchiveConfig, logger: Logger): void {
  const waiting = report.keptReasons[waitingForTape] ?? 0;
  if (waiting === 0) return;
  logger.warn(
    'nothing could be removed: no file on the server carries the flag BackUpExists. Either tape is behind, or this ' +
      'server has no tape; with auto_remove: backed_up local files then stay for ever',
    { waiting, target: targetUrl },
  );
}

export const UNSYNCED =
  'the server cannot say when copies are on its disk (kXR_sync): until they are, a power cut there can lose what was removed here';

export function warnOfOverdue(
  { notOnTape, interrupted }: Report,
  { maxAgeWarning }: ArchiveConfig,
  logger: Logger,
): void {
  // Records that an interrupted pass didn't look at may be on tape.
  if (maxAgeWarning === undefined || notOnTape === undefined || interrupted) return;
  if (notOnTape.overdue === 0) return;
  const { overdue, oldest } = notOnTape;
  logger.warn(`records that are older than ${maxAgeWarning} are not on tape yet`, {
    records: overdue,
    ...(oldest && { oldest: oldest.path, since: oldest.since }),
  });
}
