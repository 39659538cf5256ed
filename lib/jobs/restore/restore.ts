/** Restoring: list, ask, stage what is offline, fetch each file as soon as it is online, verify, evict, report. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CacheDirectory } from '../../cache/directory.js';
import { acquireLock } from '../../cache/lock.js';
import { removeLockFiles } from '../../cache/lock_removal.js';
import { makePath } from '../../cache/make_path.js';
import { StageJournal } from '../../cache/stage_journal.js';
import { ConfigError } from '../../config/index.js';
import { parseTarget } from '../../config/target.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import { openStore } from '../../remote/open_store.js';
import { shardStore } from '../../remote/shard_store.js';
import type { Selector } from '../../rules/selection.js';
import { isRemoteUrl } from '../../xrdcl/index.js';
import { AbsentReceiver } from './absent_receiver.js';
import { forEachInPools } from '../../flow/concurrent.js';
import { Evictions } from '../staging/eviction_queue.js';
import type { RemoteEntry } from '../run/list.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { LocalReceiver } from './local_receiver.js';
import type { Receiver } from './receiver.js';
import { RemoteReceiver } from './remote_receiver.js';
import type { Report } from '../events/report.js';
import { restoreRecord } from './restore_record.js';
import { finishedFiles, selectedFiles, selection, type SelectionOptions } from '../run/selected.js';
import { checkShard, type ShardOptions } from '../run/shards.js';
import { Stager } from '../staging/stager.js';
import { TaskPool } from '../../flow/task_pool.js';

export interface RestoreOptions extends SelectionOptions, ShardOptions {
  /** A local directory, made if it is missing, or the URL of another XRootD server. */
  to: string;
  /** Replace files that differ. Default false: a conflict. */
  overwrite?: boolean | undefined;
  /** Give up the disk buffer's copies of what we staged. Default false. */
  evict?: boolean | undefined;
  /** Wait for the local disk before a file gets its name. Default true. */
  fsync?: boolean | undefined;
  /** Only tell what would be done: nothing is staged. Default false. */
  dryRun?: boolean | undefined;
  /** Ends it: stage requests are cancelled, temporary files removed. */
  signal?: AbortSignal | undefined;
}

/** Files that are online and under way, for each copy at once; one more holds up the listing. */
const onlinePerCopy = 3;

/**
 * @param paths files, directories or globs, relative to the target's base; `.`, and none without a list, is everything
 * @throws {ConfigError}; {LockedError} when another restore works into the same directory, unless both are shards of the same
 * count; {XRootDError} when the server can't be reached or refuses us
 */
export async function restore(
  dependencies: JobDependencies,
  paths: readonly string[],
  options: RestoreOptions,
): Promise<Report> {
  const { config } = dependencies;
  const { to, dryRun = false, fsync = true, shard } = options;
  checkShard(shard);
  const selector = selection(paths, options);
  const source = await dependencies.open();
  if (isRemoteUrl(to)) {
    const target = parseTarget(to);
    const opened = openStore({ ...config, targetUrl: target.url });
    const store = shardStore(opened, shard, config.parallelChecksums);
    return run(source, dependencies, selector, options, new RemoteReceiver(target, store, config));
  }
  if (dryRun && !existsSync(to)) return run(source, dependencies, selector, options, new AbsentReceiver(to));
  await makeTarget(to, fsync);
  const lock = await acquireLock(to, undefined, shard);
  try {
    const root = await CacheDirectory.openRoot(to);
    const receiver = new LocalReceiver(root, config, fsync);
    // A dry run asks for nothing: what an earlier run asked for is still to be waited for.
    const journal = dryRun ? undefined : new StageJournal(root, config.targetUrl, shard);
    return await run(source, dependencies, selector, options, receiver, journal);
  } finally {
    await lock.release();
    await removeLockFiles(lock.files).catch((error: unknown) => {
      dependencies.logger.warn(`a lock file stays: ${String(error)}`);
    });
  }
}

async function makeTarget(to: string, durable: boolean): Promise<void> {
  try {
    await makePath(resolve(to), durable);
  } catch (error) {
    const message = `${to} can't be made: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ key: 'to', message }]);
  }
}

async function run(
  source: LimitedStore,
  dependencies: JobDependencies,
  selector: Selector,
  options: RestoreOptions,
  receiver: Receiver,
  journal?: StageJournal,
): Promise<Report> {
  const { config, logger } = dependencies;
  const { overwrite = false, dryRun = false, signal: given, shard } = options;
  try {
    const earlier = (await journal?.read()) ?? [];
    const adopted = new Map(
      earlier.flatMap(({ requestId, names }) => names.map((name) => [name, requestId])),
    );
    const store = shardStore(source, shard, config.parallelChecksums);
    const job = new JobRun(store, dependencies, {
      job: 'restore',
      place: receiver.place,
      signal: given,
      dryRun,
    });
    const { emit, progress, signal } = job;
    const record = async (requestId: string, names: string[]) => journal?.add({ requestId, names });
    const stager = new Stager({ config, store, emit, logger, adopted, record, signal });
    const evictions = options.evict === true ? new Evictions(stager.staged, logger) : undefined;
    const context = { config, store, receiver, stager, emit, progress, overwrite, dryRun, signal };
    const work = async () => {
      try {
        const found = finishedFiles(selectedFiles(store, selector, config, signal, shard));
        const files = job.found(found);
        const most = mostOpenFiles();
        const online = new TaskPool(() => Math.min(onlinePerCopy * store.copiesAtOnce(), most));
        const offline = new TaskPool(() => config.stageMaxFiles);
        const poolOf = (entry: RemoteEntry) => (entry.online ? online : offline);
        await forEachInPools(files, [online, offline], poolOf, async (entry) => {
          await job.file(entry.path, entry.size, () => restoreRecord(entry, context));
          // Also what failed: nothing is to stay pinned in the buffer.
          evictions?.add(entry.path);
        });
      } finally {
        await stager.idle();
        await evictions?.flush();
        if (evictions !== undefined) job.extra.evicted = evictions.evicted;
      }
    };
    const report = await job.run(work, () => stager.waiting);
    await journal?.clear();
    return report;
  } finally {
    await receiver.close();
  }
}
