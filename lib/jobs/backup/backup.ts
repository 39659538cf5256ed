/** A backup pass: walk, and for every record what pass_steps.ts does, with one report at the end. */
import { CacheDirectory } from '../../cache/directory.js';
import { diskUsage, type DiskUsage } from '../../cache/usage.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import { VerifiedMemo } from '../../cache/verified_memo.js';
import type { ArchiveConfig, Logger } from '../../config/index.js';
import { checkAccess, requireCache } from '../../config/index.js';
import { statBatch, statBatchesAhead, type LimitedStore } from '../../remote/limited_store.js';
import { ListedStats } from '../../remote/listed_stats.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import { shardStore } from '../../remote/shard_store.js';
import { parseMoment } from '../../rules/moment.js';
import { scopeOf } from '../../rules/scope.js';
import { inShard } from '../../rules/sharding.js';
import { TapeWaitCount } from '../../rules/tape_wait.js';
import { bytesAbove, roomOf, type Watermarks } from '../../rules/watermarks.js';
import type { BackupContext } from './backup_context.js';
import { isBare } from './cache_warnings.js';
import { entries, look, makeRoom, type Pass } from './pass_steps.js';
import { UNSYNCED, warnOfCache, warnOfNoTape, warnOfOverdue } from './pass_warnings.js';
import { coalesced } from '../../flow/coalesced.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { lockPass } from '../run/pass_lock.js';
import { RecordOutcomes } from './record_outcomes.js';
import { SeparateStorage } from '../separation/separate_storage.js';
import type { Report } from '../events/report.js';
import { checkShard, type ShardOptions } from '../run/shards.js';
import { TaskPool } from '../../flow/task_pool.js';
import { LocalSums } from '../record/local_sums.js';
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

async function pass(
  root: CacheDirectory,
  opened: LimitedStore,
  dependencies: JobDependencies,
  { signal: given, dryRun = false, shard }: BackupOptions,
): Promise<Report> {
  const { config, logger, usage: measure = diskUsage, now = Date.now } = dependencies;
  const cache = requireCache(config);
  const store = shardStore(opened, shard, config.parallelChecksums);
  const run = new JobRun(store, dependencies, { job: 'backup', place: cache, signal: given, dryRun });
  const { emit, progress, signal } = run;
  const scope = scopeOf(config);
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
    sums: new LocalSums(),
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
  if (!tape.seen) warnOfNoTape(report, config, logger);
  if (tape.unsynced) logger.warn(UNSYNCED, { target: config.targetUrl });
  warnOfWeak(report, config, logger);
  warnOfOverdue(report, config, logger);
  return report;
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

/** Without it the next pass compares again. */
async function saveMemo(memo: VerifiedMemo, whole: boolean, logger: Logger): Promise<void> {
  try {
    await memo.save(whole);
  } catch (error) {
    logger.warn(`what was verified is not remembered for the next pass: ${String(error)}`);
  }
}
