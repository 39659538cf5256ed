/** A backup pass: walk, and for every record what backup_record.ts does, with one report at the end. */
import { relative } from 'node:path';
import pLimit from 'p-limit';
import { CacheDirectory } from '../cache/directory.js';
import { handleLeftover } from '../cache/leftovers.js';
import { acquireLock } from '../cache/lock.js';
import { diskUsage } from '../cache/usage.js';
import { OpenDirectories } from '../cache/open_directories.js';
import { VerifiedMemo } from '../cache/verified_memo.js';
import { walkBatches, type CacheRecord, type Leftover, type WalkEntry } from '../cache/walk.js';
import type { ArchiveConfig, Logger } from '../config/index.js';
import { checkAccess, requireCache } from '../config/index.js';
import { parseTarget } from '../config/target.js';
import { statBatch, statBatchesAhead } from '../remote/limited_store.js';
import { ListedStats } from '../remote/listed_stats.js';
import type { RemoteStore } from '../remote/store.js';
import { checkNameText } from '../rules/names.js';
import { inShard, type Shard } from '../rules/sharding.js';
import { checksumFile } from '../xrdcl/index.js';
import { backupRecord, decideAtSight, waitingForTape, type BackupContext } from './backup_record.js';
import { coalesced } from './coalesced.js';
import { forEachConcurrent } from './concurrent.js';
import { failureOf } from './failure.js';
import { failed, JobRun, type JobDependencies } from './job_run.js';
import type { Report } from './report.js';
import { checkShard, storeOfShard, type ShardOptions } from './shards.js';
import { TaskPool } from './task_pool.js';

export interface BackupOptions extends ShardOptions {
  /** Ends the pass: running copies are cancelled and what they made is removed, nothing else is begun. */
  signal?: AbortSignal | undefined;
  /** Only tell what would be done. Default false. */
  dryRun?: boolean | undefined;
}

/** Records that need more than a look, for each copy at once, so that copies never starve; what each holds is memory. */
const recordsPerCopy = 3;
/** Local checksums at once; the addon's threads do the work. */
const localChecksums = 4;

/**
 * One pass over the cache. Resolves with the report also when files failed, and when the signal ended it.
 * @throws {ConfigError} before anything is touched; {LockedError} if another pass works on this cache; {XRootDError}
 * when the server can't be reached or refuses us, at the start or in the middle: what was done by then is complete
 */
export async function backup(dependencies: JobDependencies, options: BackupOptions = {}): Promise<Report> {
  const { config } = dependencies;
  checkShard(options.shard);
  const cache = requireCache(config);
  await checkAccess(config);
  const lock = await acquireLock(cache, config.workerFilePath, options.shard);
  try {
    const root = await CacheDirectory.openRoot(cache);
    try {
      return await pass(root, dependencies, options);
    } finally {
      await root.close();
    }
  } finally {
    await lock.release();
  }
}

async function pass(
  root: CacheDirectory,
  dependencies: JobDependencies,
  { signal: given, dryRun = false, shard }: BackupOptions,
): Promise<Report> {
  const { config, logger } = dependencies;
  const cache = requireCache(config);
  const store = storeOfShard(dependencies.open(), shard, config.parallelChecksums);
  const run = new JobRun(store, dependencies, { job: 'backup', place: cache, signal: given, dryRun });
  const { emit, progress, signal } = run;
  const sums = pLimit(localChecksums);
  const directories = new OpenDirectories(root);
  const memo = await VerifiedMemo.load(root, `${config.targetUrl} ${config.checksumType}`, shard);
  const tape = { seen: false };
  const context: BackupContext = {
    ...{ config, dryRun, root, directories, store, memo, emit, progress, signal },
    saw: ({ backUpExists }) => (tape.seen ||= backUpExists),
    sumLocal: (record, length) =>
      sums(() => checksumFile(record, { type: config.checksumType, length, signal })),
    now: Date.now,
  };
  let whole = false;
  const work = async () => {
    const usage = await diskUsage(cache);
    emit({ type: 'usage', warning: usage.usedPercent > config.warningMarkPercent, ...usage });
    if (!signal.aborted) await store.ping(signal);
    const pool = new TaskPool(() => recordsPerCopy * store.copiesAtOnce());
    // Only who removes nothing needs no word of tape.
    const remote = config.autoRemove === 'never' ? new ListedStats(store) : store;
    try {
      const batches = coalesced(entries(context, shard), statBatch);
      const ahead = statBatchesAhead(config.parallelStats);
      await forEachConcurrent(batches, ahead, (batch) => look(batch, remote, pool, run, context, logger));
    } finally {
      await pool.idle();
    }
    whole = true;
  };
  const report = await run.run(work).finally(async () => {
    await directories.close();
    if (!dryRun) await saveMemo(memo, whole, logger);
  });
  if (!tape.seen) explain(report, config, logger);
  return report;
}

async function* entries(
  { config, root, progress, signal }: BackupContext,
  shard: Shard | undefined,
): AsyncGenerator<WalkEntry[], void, undefined> {
  const { base } = parseTarget(config.targetUrl);
  const nameProblem = (path: string) => {
    const verdict = checkNameText(path, { base });
    return verdict.ok ? undefined : verdict.reason;
  };
  const ignore = new Set<string>();
  if (config.workerFilePath !== undefined) ignore.add(relative(root.real, config.workerFilePath));
  const only = shard && { only: (path: string) => inShard(path, shard) };
  for await (const batch of walkBatches(root, { signal, nameProblem, ignore, ...only })) {
    for (const entry of batch) if (entry.kind === 'record') progress.found(Number(entry.identity.size));
    yield batch;
  }
  progress.walkEnded();
}

/** Asks about all records of a batch at once; what needs more than that goes to the pool. */
async function look(
  batch: readonly WalkEntry[],
  remote: ListedStats | RemoteStore,
  pool: TaskPool,
  run: JobRun,
  context: BackupContext,
  logger: Logger,
): Promise<void> {
  const { signal } = context;
  const records = batch.filter((entry) => entry.kind === 'record');
  const names = records.map(({ path }) => path);
  // What goes wrong with all of them goes wrong with each, and is told there (S6).
  const stats = names.length === 0 ? [] : await remote.statMany(names, signal).catch(() => []);
  let asked = 0;
  for (const entry of batch) {
    if (entry.kind !== 'record') {
      await pool.add(() => aside(entry, run, context, logger));
      continue;
    }
    const stat = stats[asked++];
    const known = stat instanceof Error ? undefined : stat;
    const outcome = known == null ? undefined : decideAtSight(entry, known, context);
    const size = Number(entry.identity.size);
    if (outcome !== undefined) run.finish(outcome, { path: entry.path, size });
    else await pool.add(() => more(entry, known === null, run, context));
  }
}

async function more(
  record: CacheRecord,
  absent: boolean,
  run: JobRun,
  context: BackupContext,
): Promise<void> {
  await run.file(record.path, Number(record.identity.size), (attempt) =>
    backupRecord(record, context, attempt, absent && attempt === 1),
  );
}

/** What is no record. */
async function aside(
  entry: Exclude<WalkEntry, CacheRecord>,
  run: JobRun,
  context: BackupContext,
  logger: Logger,
): Promise<void> {
  switch (entry.kind) {
    case 'vanished':
      return;
    case 'problem': {
      const { path, code, errno, message } = entry;
      run.finish({ result: 'failed', failure: { path, code, ...(errno && { errno }), message } });
      return;
    }
    case 'leftover':
      await clearUp(entry, run, context, logger);
  }
}

async function clearUp(
  leftover: Leftover,
  run: JobRun,
  context: BackupContext,
  logger: Logger,
): Promise<void> {
  const { path } = leftover;
  if (context.dryRun) {
    logger.info('a file of an earlier run was left behind', { path });
    return;
  }
  try {
    const result = await handleLeftover(context.root, leftover, context.now());
    if (result.outcome === 'displaced') run.finish(failed(path, 'Displaced', result.message));
    else if (result.outcome === 'restored' || result.outcome === 'abandoned') {
      const { outcome } = result;
      logger.warn('a file that a crash left behind was dealt with', { path, outcome });
    }
  } catch (error) {
    run.finish({ result: 'failed', failure: failureOf(path, error) });
  }
}

/** Without it the next pass compares again. */
async function saveMemo(memo: VerifiedMemo, whole: boolean, logger: Logger): Promise<void> {
  try {
    await memo.save(whole);
  } catch (error) {
    logger.warn(`what was verified is not remembered for the next pass: ${String(error)}`);
  }
}

function explain(report: Report, { targetUrl }: ArchiveConfig, logger: Logger): void {
  const waiting = report.keptReasons[waitingForTape] ?? 0;
  if (waiting === 0) return;
  logger.warn(
    'nothing could be removed: no file on the server carries the flag BackUpExists. Either tape is behind, or this ' +
      'server has no tape; with auto_remove: backed_up local files then stay for ever',
    { waiting, target: targetUrl },
  );
}
