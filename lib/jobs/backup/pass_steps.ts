/** The steps of a pass: walk, look at all records of a batch at once, do with each what it needs, make room. */
import { relative } from 'node:path';
import { walkBatches, type CacheRecord, type WalkEntry } from '../../cache/walk.js';
import type { Logger } from '../../config/index.js';
import { parseTarget } from '../../config/target.js';
import type { ListedStats } from '../../remote/listed_stats.js';
import type { RemoteStore } from '../../remote/store.js';
import { nameProblem } from '../../rules/names.js';
import type { Scope } from '../../rules/scope.js';
import type { TaskPool } from '../../flow/task_pool.js';
import { handleNonRecord } from '../record/not_a_record.js';
import type { JobRun } from '../run/job_run.js';
import type { BackupContext, RecordOutcome, RecordWork } from './backup_context.js';
import { afterCopy, backupRecord, decideAtSight } from './backup_record.js';
import type { RecordOutcomes } from './record_outcomes.js';

/** What the steps of one pass share. */
export interface Pass {
  run: JobRun;
  context: BackupContext;
  logger: Logger;
  scope: Scope;
  outcomes: RecordOutcomes;
  pool: TaskPool;
  /** Which paths are ours; undefined: all. */
  only: ((path: string) => boolean) | undefined;
}

/** @param bytes that are to go */
export async function makeRoom(bytes: number, { run, context, logger, outcomes, pool }: Pass): Promise<void> {
  logger.info('the cache is above high_water_percent: the oldest records that may go are removed', {
    bytes: Math.ceil(bytes),
  });
  const removing: BackupContext = { ...context, room: 'needed' };
  const left = await outcomes.removeOldest(bytes, pool, (record) => inAttempts(record, false, run, removing));
  if (left > 0 && !run.signal.aborted)
    logger.warn('the cache stays above low_water_percent: no more records may go', {
      bytes: Math.ceil(left),
    });
}

export async function* entries(
  { config, root, progress, signal }: BackupContext,
  only: Pass['only'],
): AsyncGenerator<WalkEntry[], void, undefined> {
  const { base } = parseTarget(config.targetUrl);
  const ignore = new Set<string>();
  if (config.workerFilePath !== undefined) ignore.add(relative(root.real, config.workerFilePath));
  for await (const batch of walkBatches(root, {
    ...{ signal, ignore, ...(only && { only }) },
    nameProblem: (path) => nameProblem(path, { base }),
  })) {
    for (const entry of batch) if (entry.kind === 'record') progress.found(Number(entry.identity.size));
    yield batch;
  }
  progress.walkEnded();
}

/** Asks about all records of a batch at once; what needs more than that goes to the pool. */
export async function look(
  batch: readonly WalkEntry[],
  remote: ListedStats | RemoteStore,
  steps: Pass,
): Promise<void> {
  const { run, context, logger, scope, outcomes, pool, only } = steps;
  const records: CacheRecord[] = [];
  for (const entry of batch) {
    if (entry.kind !== 'record') {
      const { root, now } = context;
      const aside = { run, logger, root, now, excluded: scope.excluded, stays: outcomes.unknown, only };
      await pool.add(() => handleNonRecord(entry, aside));
      continue;
    }
    const reason = scope.outside(entry.path);
    if (reason === undefined) records.push(entry);
    else run.finish({ result: 'kept', reason }, { path: entry.path, size: Number(entry.identity.size) });
  }
  const names = records.map(({ path }) => path);
  // What goes wrong with all of them goes wrong with each, and is told there (S6).
  const stats = names.length === 0 ? [] : await remote.statMany(names, context.signal).catch(() => []);
  for (const [index, record] of records.entries()) {
    const stat = stats[index];
    const known = stat instanceof Error ? undefined : stat;
    const outcome = known == null ? undefined : decideAtSight(record, known, context);
    if (outcome !== undefined) outcomes.add(record, outcome);
    else await pool.add(() => more(record, known === null, steps));
  }
}

async function more(record: CacheRecord, absent: boolean, { run, context, outcomes }: Pass): Promise<void> {
  const outcome = await inAttempts(record, absent, run, context);
  if (outcome === 'ended') outcomes.unknown(record);
  else outcomes.add(record, outcome);
}

/** @returns `ended` if the pass ended before anything was done */
async function inAttempts(
  record: CacheRecord,
  absent: boolean,
  run: JobRun,
  context: BackupContext,
): Promise<RecordOutcome | 'ended'> {
  const work: RecordWork = { record, walked: record.identity };
  const outcome = await run.attempt(record.path, (attempt) =>
    backupRecord(work, context, attempt, absent && attempt === 1),
  );
  const { copied } = work;
  if (copied === undefined) return outcome;
  return outcome === 'ended' ? copied : afterCopy(copied, outcome);
}
