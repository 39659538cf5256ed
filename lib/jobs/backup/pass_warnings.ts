/** What a pass warns its operator of: a cache that looks wrong, a server without tape, records that tape is late with. */
import type { ArchiveConfig, Logger } from '../../config/index.js';
import { mountTables } from '../../config/mounts.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Report } from '../events/report.js';
import { toldByQuery } from '../record/told_by_query.js';
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

/** @param some of the records that wait for tape */
export async function warnOfNoTape(
  report: Report,
  some: readonly string[],
  store: RemoteStore,
  { config: { targetUrl: target, tapeState }, logger }: Pick<JobDependencies, 'config' | 'logger'>,
): Promise<void> {
  const waiting = report.keptReasons[waitingForTape] ?? 0;
  if (waiting === 0) return;
  const told =
    tapeState === 'stat' && !report.interrupted ? await toldByQuery(some, store, logger) : undefined;
  if (told !== undefined) {
    logger.warn(told.message, { waiting, ...told.fields, target });
    return;
  }
  const seen = {
    stat: 'no file on the server carries the flag BackUpExists',
    query: 'no prepare query says "on_tape" (tape_state: query)',
    either: 'no file on the server carries the flag BackUpExists, and no prepare query says "on_tape"',
  };
  logger.warn(
    `nothing could be removed: ${seen[tapeState]}. Either tape is behind, or this ` +
      'server has no tape; with auto_remove: backed_up local files then stay for ever',
    { waiting, target },
  );
}

export const UNSYNCED =
  'the server cannot say when copies are on its disk (kXR_sync): until they are, a power cut there can lose what was removed here';

export function warnOfOverdue(
  { notOnTape, removedNotOnTape, interrupted }: Report,
  { maxAgeWarning }: ArchiveConfig,
  logger: Logger,
): void {
  // Records that an interrupted pass didn't look at may be on tape.
  if (maxAgeWarning === undefined || interrupted) return;
  for (const [wait, where] of [
    [notOnTape, ''],
    [removedNotOnTape, ', and are no longer in the cache'],
  ] as const) {
    if (wait === undefined || wait.overdue === 0) continue;
    const { overdue, oldest } = wait;
    logger.warn(`records that are older than ${maxAgeWarning} are not on tape yet${where}`, {
      records: overdue,
      ...(oldest && { oldest: oldest.path, since: oldest.since }),
    });
  }
}
