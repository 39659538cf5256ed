/** A backup pass: walk, and for every record what backup_record.ts does, with one report at the end. */
import { relative } from 'node:path';
import pLimit from 'p-limit';
import { CacheDirectory } from '../../cache/directory.js';
import { diskUsage, type DiskUsage } from '../../cache/usage.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import { VerifiedMemo } from '../../cache/verified_memo.js';
import { walkBatches, type CacheRecord, type WalkEntry } from '../../cache/walk.js';
import type { ArchiveConfig, Logger } from '../../config/index.js';
import { checkAccess, requireCache } from '../../config/index.js';
import { mountTables } from '../../config/mounts.js';
import { parseTarget } from '../../config/target.js';
import { statBatch, statBatchesAhead, type LimitedStore } from '../../remote/limited_store.js';
import { ListedStats } from '../../remote/listed_stats.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import type { RemoteStore } from '../../remote/store.js';
import { parseMoment } from '../../rules/moment.js';
import { nameProblem } from '../../rules/names.js';
import { scopeOf, type Scope } from '../../rules/scope.js';
import { inShard } from '../../rules/sharding.js';
import { TapeWaitCount } from '../../rules/tape_wait.js';
import { bytesAbove, roomOf, type Watermarks } from '../../rules/watermarks.js';
import { checksumFile } from '../../posix/index.js';
import { setAside } from '../record/not_a_record.js';
import type { BackupContext, RecordOutcome, RecordWork } from './backup_context.js';
import { afterCopy, backupRecord, decideAtSight, waitingForTape } from './backup_record.js';
import { cacheWarnings, isBare } from './cache_warnings.js';
import { coalesced } from '../flow/coalesced.js';
import { forEachConcurrent } from '../flow/concurrent.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { lockPass } from '../run/pass_lock.js';
import { RecordOutcomes } from './record_outcomes.js';
import { SeparateStorage } from '../separation/separate_storage.js';
import type { Report } from '../events/report.js';
import { checkShard, storeOfShard, type ShardOptions } from '../run/shards.js';
import { TaskPool } from '../flow/task_pool.js';
import { warnOfWeak } from '../record/weak_checksums.js';

export interface BackupOptions extends ShardOptions {
  /** Ends the pass: running copies are cancelled and what they made is removed, nothing else is begun. */
  signal?: AbortSignal | undefined;
  /** Only tell what would be done. Default false. */
  dryRun?: boolean | undefined;
  /** Wait for another pass to end, rather than be refused. Default false. */
  wait?: boolean | undefined;
}

/** Records that need more than a look, for each copy at once, so that copies never starve; what each holds is memory. */
const recordsPerCopy = 3;
/** Local checksums at once; the addon's threads do the work. */
const localChecksums = 4;

/**
 * One pass over the cache. Resolves with the report also when files failed, and when the signal ended it.
 * @throws {ConfigError} before anything is touched; {LockedError} if another pass works on this cache, unless `wait` is set;
 * an AbortError if the signal ended the waiting; {XRootDError} when the server can't be reached or refuses us, at the start or in the middle: what was done by then is complete
 */
export async function backup(dependencies: JobDependencies, options: BackupOptions = {}): Promise<Report> {
  const { config } = dependencies;
  checkShard(options.shard);
  const cache = requireCache(config);
  const opened = await dependencies.open();
  await checkAccess({ cacheDirectory: cache, cacheMountPoint: config.cacheMountPoint });
  const lock = await lockPass(cache, dependencies, options);
  try {
    const root = await CacheDirectory.openRoot(cache);
    try {
      return await pass(root, opened, dependencies, options);
    } finally {
      await root.close();
    }
  } finally {
    await lock.release();
  }
}

/** What the steps of one pass share. */
interface Pass {
  run: JobRun;
  context: BackupContext;
  logger: Logger;
  scope: Scope;
  outcomes: RecordOutcomes;
  pool: TaskPool;
  /** Which paths are ours; undefined: all. */
  only: ((path: string) => boolean) | undefined;
}

async function pass(
  root: CacheDirectory,
  opened: LimitedStore,
  dependencies: JobDependencies,
  { signal: given, dryRun = false, shard }: BackupOptions,
): Promise<Report> {
  const { config, logger, usage: measure = diskUsage, now = Date.now } = dependencies;
  const cache = requireCache(config);
  const store = storeOfShard(opened, shard, config.parallelChecksums);
  const run = new JobRun(store, dependencies, { job: 'backup', place: cache, signal: given, dryRun });
  const { emit, progress, signal } = run;
  const scope = scopeOf(config);
  const sums = pLimit(localChecksums);
  const directories = new OpenDirectories(root);
  const memo = await VerifiedMemo.load(root, `${config.targetUrl} ${config.checksumType}`, shard);
  const tape = { seen: false, unsynced: false };
  const started = now();
  const ago = (duration: string) => parseMoment(duration, new Date(started)).getTime();
  const separate = new SeparateStorage({
    ...{ store, root, signal, key: 'cacheDirectory', target: config.targetUrl },
  });
  const base: Omit<BackupContext, 'room'> = {
    ...{ config, dryRun, root, directories, store, separate, memo, emit, progress, signal },
    unsynced: () => (tape.unsynced = true),
    saw: ({ backUpExists }) => (tape.seen ||= backUpExists),
    sumLocal: (record, type, length) => sums(() => checksumFile(record, { type, length, signal })),
    keepLocalSeconds: config.keepLocal === undefined ? 0 : (started - ago(config.keepLocal)) / 1000,
    now,
  };
  const notOnTape = new TapeWaitCount(
    config.maxAgeWarning === undefined ? undefined : ago(config.maxAgeWarning),
  );
  const marks = watermarksOf(config);
  // Shards work side by side: each does its part.
  const aboveLow = (usage: DiskUsage) => (marks ? bytesAbove(usage, marks.low) / (shard?.count ?? 1) : 0);
  // Only who removes nothing, and warns of nothing, needs no word of tape.
  const listing = config.autoRemove === 'never' && config.maxAgeWarning === undefined;
  const only = shard && ((path: string) => inShard(path, shard));
  let whole = false;
  let bare = false;
  const work = async () => {
    const usage = await measure(cache);
    emit({ type: 'usage', warning: usage.usedPercent > config.warningMarkPercent, ...usage });
    bare = memo.isNew && (await isBare(root.real));
    await warnOfCache(root.real, bare, dependencies, run);
    if (!signal.aborted) await store.ping(signal);
    if (!signal.aborted) await separate.checkSurroundings();
    const context: BackupContext = { ...base, room: roomOf(usage, marks) };
    const most = mostOpenFiles();
    const pool = new TaskPool(() => Math.min(recordsPerCopy * store.copiesAtOnce(), most));
    const outcomes = new RecordOutcomes(run, notOnTape, now, aboveLow(usage));
    const steps: Pass = { run, context, logger, scope, outcomes, pool, only };
    const remote = listing ? new ListedStats(store) : store;
    try {
      const batches = coalesced(entries(context, only), statBatch);
      const ahead = statBatchesAhead(config.parallelStats);
      await forEachConcurrent(batches, ahead, (batch) => look(batch, remote, steps)).finally(() =>
        pool.idle(),
      );
      if (context.room === 'oldest_first') await makeRoom(aboveLow(await measure(cache)), steps);
    } finally {
      outcomes.keepRest();
      if (!listing) run.extra.notOnTape = notOnTape.result();
    }
    whole = true;
  };
  const report = await run.run(work).finally(async () => {
    await directories.close();
    // Of an empty directory nothing is remembered: it may be the wrong one, and that is to be told again.
    if (!dryRun && !(bare && memo.isEmpty)) await saveMemo(memo, whole, logger);
  });
  if (!tape.seen) explain(report, config, logger);
  if (tape.unsynced) logger.warn(UNSYNCED, { target: config.targetUrl });
  warnOfWeak(report, config, logger);
  warnOfOverdue(report, config, logger);
  return report;
}

async function warnOfCache(
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

function watermarksOf({
  autoRemove,
  highWaterPercent,
  lowWaterPercent,
}: ArchiveConfig): Watermarks | undefined {
  if (autoRemove === 'never' || highWaterPercent === undefined || lowWaterPercent === undefined)
    return undefined;
  return { high: highWaterPercent, low: lowWaterPercent };
}

/** @param bytes that are to go */
async function makeRoom(bytes: number, { run, context, logger, outcomes, pool }: Pass): Promise<void> {
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

async function* entries(
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
async function look(
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
      await pool.add(() => setAside(entry, aside));
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

const UNSYNCED =
  'the server cannot say when copies are on its disk (kXR_sync): until they are, a power cut there can lose what was removed here';

function warnOfOverdue(
  { notOnTape, interrupted }: Report,
  { maxAgeWarning }: ArchiveConfig,
  logger: Logger,
): void {
  // What a pass that was stopped didn't look at may be on tape.
  if (maxAgeWarning === undefined || notOnTape === undefined || interrupted) return;
  if (notOnTape.overdue === 0) return;
  const { overdue, oldest } = notOnTape;
  logger.warn(`records that are older than ${maxAgeWarning} are not on tape yet`, {
    records: overdue,
    ...(oldest && { oldest: oldest.path, since: oldest.since }),
  });
}
