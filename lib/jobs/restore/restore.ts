/** The job that restores: lists, stages offline files, fetches each file as soon as it is online, verifies, evicts, reports. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CacheDirectory } from '../../cache/directory.js';
import { acquireLock, awaitLock, type PassLock } from '../../cache/lock.js';
import { removeLockFiles } from '../../cache/lock_removal.js';
import { makePath } from '../../cache/make_path.js';
import { StageJournal } from '../../cache/stage_journal.js';
import { ConfigError, type ArchiveConfig } from '../../config/index.js';
import { parseTarget } from '../../config/target.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import { openStore } from '../../remote/open_store.js';
import { shardStore } from '../../remote/shard_store.js';
import type { Selector } from '../../rules/selection.js';
import { isRemoteUrl } from '../../xrdcl/index.js';
import { AbsentReceiver } from './absent_receiver.js';
import { forEachInPools } from '../../flow/concurrent.js';
import type { ListItem, RemoteEntry } from '../run/list.js';
import type { JobDependencies } from '../run/job_run.js';
import { LocalReceiver } from './local_receiver.js';
import type { Receiver } from './receiver.js';
import { RemoteReceiver } from './remote_receiver.js';
import type { Report } from '../events/report.js';
import { restoreRecord, type RestoreContext } from './restore_record.js';
import {
  finishedFiles,
  selectedFiles,
  selection,
  SELECTION_OPTIONS,
  type SelectionOptions,
} from '../run/selected.js';
import { KnownRecords } from '../run/known_records.js';
import { uploadLook } from '../run/uploads.js';
import { checkShard, SHARD_OPTIONS, type ShardOptions } from '../run/shards.js';
import type { StagerContext } from '../staging/stager.js';
import { StagingRun } from '../staging/staging_run.js';
import { TaskPool } from '../../flow/task_pool.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';

/** Options of `Archive.restore`. */
export interface RestoreOptions extends SelectionOptions, ShardOptions, JobOptions {
  /** A local directory, made if it is missing, or the URL of another XRootD server. */
  to: string;
  /** Replace files that differ. Default false: a conflict. */
  overwrite?: boolean | undefined;
  /** Evict from the disk buffer what this restore staged. Default false. */
  evict?: boolean | undefined;
  /** Wait for the local disk before a file gets its name. Default true. */
  fsync?: boolean | undefined;
  /** Only tell what would be done: nothing is staged. Default false. */
  dryRun?: boolean | undefined;
  /** Wait for another restore into the same directory to end, rather than be refused. Default false. */
  wait?: boolean | undefined;
  /** Ends it: stage requests are cancelled, temporary files removed. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<RestoreOptions> = {
  ...JOB_OPTIONS,
  ...SELECTION_OPTIONS,
  ...SHARD_OPTIONS,
  to: true,
  overwrite: true,
  evict: true,
  fsync: true,
  wait: true,
  dryRun: true,
  signal: true,
};

const NO_PLACE = 'is missing: it must be a directory, or the URL of another XRootD server';

/** Online files that are worked on, for each parallel copy. When there are as many, the listing waits. */
const onlinePerCopy = 3;

/**
 * @param paths files, directories or globs, relative to the target's base; `.`, and none without a list, is everything
 * @throws {ConfigError}; {LockedError} when another restore works into the same directory, unless `wait` is set or both are shards of the same
 * count; an AbortError if the signal ended the waiting; {XRootDError} when the server can't be reached or refuses us
 */
export async function restore(
  dependencies: JobDependencies,
  paths: readonly string[],
  options: RestoreOptions,
): Promise<Report> {
  checkOptions(options, KNOWN);
  const { config } = dependencies;
  const { to, dryRun = false, fsync = true, shard } = options;
  if (typeof (to as unknown) !== 'string' || to === '')
    throw new ConfigError([{ key: 'to', message: NO_PLACE }]);
  checkShard(shard);
  const selector = selection(paths, options);
  const source = shardStore(await dependencies.open(), shard, config.parallelChecksums);
  await using known = await KnownRecords.open(config, dependencies.logger);
  const into = async (receiver: Receiver, journal?: StageJournal) => {
    try {
      const requests = journal === undefined ? {} : await journaled(journal);
      const report = await new Restore(source, dependencies, options, { receiver, known, ...requests }).all(
        selector,
      );
      await journal?.clear();
      return report;
    } finally {
      await receiver.close();
    }
  };
  if (isRemoteUrl(to)) {
    const target = parseTarget(to);
    const opened = openStore({ ...config, targetUrl: target.url });
    return await into(
      new RemoteReceiver(target, shardStore(opened, shard, config.parallelChecksums), config),
    );
  }
  if (dryRun && !existsSync(to)) return await into(new AbsentReceiver(to));
  await makeTarget(to, fsync);
  const lock = await lockDirectory(to, dependencies, options);
  try {
    const root = await CacheDirectory.openRoot(to);
    const receiver = new LocalReceiver(root, fsync);
    // A dry run requests nothing, and leaves the journal of an earlier run as it is.
    const journal = dryRun ? undefined : new StageJournal(root, config.targetUrl, shard);
    return await into(receiver, journal);
  } finally {
    await lock.release();
    await removeLockFiles(lock.files).catch((error: unknown) => {
      dependencies.logger.warn(`a lock file stays: ${String(error)}`);
    });
  }
}

/** The stage requests of an earlier run, and a function that writes down those of this run. */
async function journaled(journal: StageJournal): Promise<Pick<StagerContext, 'adopted' | 'record'>> {
  const earlier = await journal.read();
  return {
    adopted: new Map(earlier.flatMap(({ requestId, names }) => names.map((name) => [name, requestId]))),
    record: (requestId, names) => journal.add({ requestId, names }),
  };
}

function lockDirectory(
  to: string,
  { logger }: JobDependencies,
  { shard, wait = false, signal }: RestoreOptions,
): Promise<PassLock> {
  if (!wait) return acquireLock(to, undefined, shard);
  const onWait = ({ message }: Error) => {
    logger.info(`waiting for its end: ${message}`);
  };
  return awaitLock(to, undefined, shard, { signal, onWait });
}

async function makeTarget(to: string, durable: boolean): Promise<void> {
  try {
    await makePath(resolve(to), durable);
  } catch (error) {
    const message = `${to} can't be made: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ key: 'to', message }]);
  }
}

/** `adopted`: requests of an earlier run that are still to be waited for, by file. */
interface RestoreMeans extends Pick<StagerContext, 'adopted' | 'record'> {
  receiver: Receiver;
  known: KnownRecords;
}

class Restore {
  readonly #store: LimitedStore;
  readonly #config: ArchiveConfig;
  readonly #options: RestoreOptions;
  readonly #known: KnownRecords;
  readonly #staging: StagingRun;
  readonly #context: RestoreContext;

  constructor(
    store: LimitedStore,
    dependencies: JobDependencies,
    options: RestoreOptions,
    { receiver, known, adopted, record }: RestoreMeans,
  ) {
    const { signal, dryRun, shard, evict, overwrite = false } = options;
    this.#store = store;
    this.#config = dependencies.config;
    this.#options = options;
    this.#known = known;
    this.#staging = new StagingRun(store, dependencies, {
      ...{ job: 'restore', place: receiver.place, signal, dryRun, kept: 'file:skipped' },
      ...{ evict, adopted, record, shard },
    });
    const { run, stager } = this.#staging;
    this.#context = { config: this.#config, run, store, receiver, stager, overwrite, tells: 'file:restored' };
  }

  all(selector: Selector): Promise<Report> {
    return this.#staging.finish(async () => {
      const files = this.#staging.run.found(this.#selected(selector));
      const most = mostOpenFiles();
      const online = new TaskPool(() => Math.min(onlinePerCopy * this.#store.copiesAtOnce(), most));
      const offline = new TaskPool(() => this.#config.stageMaxFiles);
      const poolOf = (entry: RemoteEntry) => (entry.online ? online : offline);
      await forEachInPools(files, [online, offline], poolOf, (entry) => this.#file(entry));
    });
  }

  #selected(selector: Selector): AsyncIterable<ListItem> {
    const { signal } = this.#staging.run;
    const { shard } = this.#options;
    const union = { store: this.#store, selects: selector, shard, upload: uploadLook(this.#config), signal };
    return finishedFiles(
      selectedFiles(this.#store, selector, this.#config, signal, shard, (listed) =>
        this.#known.union(listed, union),
      ),
    );
  }

  async #file(entry: RemoteEntry): Promise<void> {
    await this.#staging.run.file(entry.path, entry.size, () => restoreRecord(entry, this.#context));
    this.#staging.doneWith(entry.path);
  }
}
