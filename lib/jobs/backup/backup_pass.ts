/** A backup pass: looks at disk and server, applies pass_steps.ts to each record, makes room, and makes one report. */
import type { CacheDirectory } from '../../cache/directory.js';
import { diskUsage, type DiskUsage } from '../../cache/usage.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import type { VerifiedMemo } from '../../cache/verified_memo.js';
import { recordPaths } from '../../cache/walk.js';
import { ConfigError, requireCache } from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { ListedStats } from '../../remote/listed_stats.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import { waysOfVerifying } from '../../rules/comparison.js';
import { parseMoment } from '../../rules/moment.js';
import type { Room } from '../../rules/removal.js';
import { scopeOf } from '../../rules/scope.js';
import { inShard } from '../../rules/sharding.js';
import { TapeWaitCount } from '../../rules/tape_wait.js';
import { bytesAbove, roomOf, watermarksOf, type Watermarks } from '../../rules/watermarks.js';
import type { Report } from '../events/report.js';
import { TaskPool } from '../../flow/task_pool.js';
import { hasUnsent, writeSegments } from '../catalogue/segments.js';
import { checkStorage } from '../record/emptied_storage.js';
import { LeftRecords } from '../record/left_records.js';
import { LocalSums } from '../record/local_sums.js';
import type { RecordBook } from '../record/record_book.js';
import { TapeSigns } from '../record/told_by_query.js';
import { warnOfWeak } from '../record/weak_checksums.js';
import { isPartial } from '../run/partial.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { checkServedBase } from '../run/served_base.js';
import { toldOfTape } from '../run/tape_told.js';
import type { ShardOptions } from '../run/shards.js';
import { refuseProxies } from '../run/refuse_proxies.js';
import { SeparateStorage } from '../separation/separate_storage.js';
import { goesByTape, type BackupContext } from './backup_context.js';
import { isBare } from './cache_warnings.js';
import { FollowUp, somethingWaits } from './follow_up.js';
import { PassSteps } from './pass_steps.js';
import { UNSYNCED, warnOfCache, warnOfNoTape, warnOfOverdue } from './pass_warnings.js';
import { RecordOutcomes } from './record_outcomes.js';
import { saveMemo } from './save_memo.js';

export interface BackupPassOptions extends ShardOptions {
  /**
   * Only these records, and those below these directories, relative to the cache; no letter is special. One that isn't there is a failure of
   * the report (`NotFound`). All else is as in a whole pass, but that nothing is asked about records that have left the cache, `notOnTape` is
   * absent, and watermarks, which go by the age of all records, let none of these be removed. Default: the whole cache.
   */
  paths?: readonly string[] | undefined;
  /** Ends the pass: running copies are cancelled and what they made is removed, nothing else is begun. */
  signal?: AbortSignal | undefined;
  /** Only tell what would be done. Default false. */
  dryRun?: boolean | undefined;
}

/** Records in work for each parallel copy: enough that a copy never waits for one; each takes memory. */
const recordsPerCopy = 3;

/** What earlier passes have left for this one. */
export interface PassMemory {
  memo: VerifiedMemo;
  book: RecordBook;
}

export class BackupPass {
  readonly #root: CacheDirectory;
  /** As it is configured. */
  readonly #cache: string;
  readonly #memo: VerifiedMemo;
  readonly #book: RecordBook;
  readonly #started: number;
  readonly #store: LimitedStore;
  readonly #dependencies: JobDependencies;
  readonly #shard: BackupPassOptions['shard'];
  /** Undefined: the whole cache. */
  readonly #paths: readonly string[] | undefined;
  readonly #run: JobRun;
  readonly #directories: OpenDirectories;
  readonly #marks: Watermarks | undefined;
  readonly #context: Omit<BackupContext, 'room'>;
  readonly #overdueBefore: number | undefined;
  readonly #notOnTape: TapeWaitCount;
  readonly #signs = new TapeSigns();
  #unsynced = false;
  /** Every record of the cache was walked. */
  #whole = false;
  #baseWasMissing = false;
  /** The cache is empty, and no pass has found a record in it before. */
  #bare = false;

  constructor(
    root: CacheDirectory,
    { memo, book }: PassMemory,
    store: LimitedStore,
    dependencies: JobDependencies,
    { signal, dryRun, shard, paths }: BackupPassOptions,
  ) {
    const { config, now = Date.now } = dependencies;
    const cache = requireCache(config);
    const choice = { dryRun, partial: isPartial('backup', { paths }), shard };
    const run = new JobRun(store, dependencies, { job: 'backup', place: cache, signal, ...choice });
    const started = now();
    const ago = (duration: string) => parseMoment(duration, new Date(started)).getTime();
    this.#root = root;
    this.#cache = cache;
    this.#memo = memo;
    this.#book = book;
    this.#started = started;
    this.#store = store;
    this.#dependencies = dependencies;
    this.#shard = shard;
    this.#paths = paths;
    this.#run = run;
    this.#directories = new OpenDirectories(root);
    this.#marks = watermarksOf(config);
    this.#overdueBefore = config.maxAgeWarning === undefined ? undefined : ago(config.maxAgeWarning);
    this.#notOnTape = new TapeWaitCount(this.#overdueBefore);
    this.#context = {
      ...{ config, run, root, directories: this.#directories, store, memo, book, now },
      left: new LeftRecords(config),
      separate: new SeparateStorage({
        ...{ store, root, signal: run.signal, key: 'cacheDirectory', target: config.targetUrl },
      }),
      unsynced: () => (this.#unsynced = true),
      saw: ({ backUpExists }) => (this.#signs.seen ||= backUpExists),
      sums: new LocalSums(),
      keepLocalSeconds: config.keepLocal === undefined ? 0 : (started - ago(config.keepLocal)) / 1000,
    };
  }

  async all(): Promise<Report> {
    const { config, logger } = this.#dependencies;
    const report = await this.#run.run(() => this.#work()).finally(() => this.#close());
    this.#book.pass(report);
    if (!this.#signs.seen && this.#paths === undefined)
      await warnOfNoTape(report, this.#signs.waiting, this.#store, this.#dependencies);
    if (this.#unsynced) logger.warn(UNSYNCED, { target: config.targetUrl });
    warnOfWeak(report, config, logger);
    warnOfOverdue(report, config, logger);
    return report;
  }

  async #work(): Promise<void> {
    const { config, logger } = this.#dependencies;
    const { signal } = this.#run;
    const usage = await this.#lookAround();
    if (!signal.aborted) await this.#store.ping(signal);
    if (!signal.aborted) await this.#checkServed();
    if (!signal.aborted) await this.#checkWritable();
    const check = { book: this.#book, store: this.#store, run: this.#run, config, shard: this.#shard };
    if (!signal.aborted && config.autoRemove !== 'never') await checkStorage(check);
    if (!signal.aborted && config.autoRemove !== 'never') await refuseProxies(this.#store, config, signal);
    if (!signal.aborted) await this.#context.separate.checkSurroundings();
    if (!signal.aborted) await this.#sayHowVerified(signal);
    const context: BackupContext = { ...this.#context, room: this.#roomIn(usage) };
    const most = mostOpenFiles();
    const pool = new TaskPool(() => Math.min(recordsPerCopy * this.#store.copiesAtOnce(), most));
    const counted = { notOnTape: this.#notOnTape, signs: this.#signs };
    const outcomes = new RecordOutcomes(this.#run, counted, context.now, this.#aboveLow(usage));
    // A pass that neither removes nor warns doesn't need the tape flags.
    const listing = config.autoRemove === 'never' && config.maxAgeWarning === undefined;
    const shard = this.#shard;
    const steps = new PassSteps({
      ...{ context, logger, scope: scopeOf(config), outcomes, pool, paths: this.#paths },
      remote: listing ? new ListedStats(this.#store) : this.#store,
      only: shard && ((path) => inShard(path, shard)),
    });
    try {
      try {
        await steps.walk();
        if (context.room === 'oldest_first') await steps.makeRoom(this.#aboveLow(await this.#usage()));
      } finally {
        outcomes.keepRest();
      }
      if (this.#paths === undefined) {
        this.#whole = true;
        await this.#followUp(context.now);
      }
    } finally {
      if (!listing && this.#paths === undefined) this.#run.extra.notOnTape = this.#notOnTape.result();
      const failure = await this.#book.finish({
        whole: this.#whole && !signal.aborted,
        stopped: signal.aborted,
      });
      if (failure !== undefined) this.#run.finish({ result: 'failed', failure });
      else await this.#writeSegments(context.now);
    }
  }

  /**
   * Not after a failure of the catalogue: what it has then isn't all that it should have. And not onto a storage that seems to be another
   * one: what goes there is out of sight later, and would count as sent.
   */
  async #writeSegments(now: () => number): Promise<void> {
    const { catalogue, isHeld } = this.#book;
    const { config, logger } = this.#dependencies;
    if (catalogue === undefined || isHeld) return;
    const options = { ...{ config, logger, now }, store: this.#store, run: this.#run };
    await writeSegments({ ...options, catalogue });
    if (!config.catalogueSegments) return;
    // A pass may have been killed before it sent them, and this one may have found out more of its records.
    await this.#book.others(config, this.#shard, hasUnsent, (other) =>
      writeSegments({ ...options, catalogue: other }),
    );
  }

  /** @throws what ends the whole pass */
  async #followUp(now: () => number): Promise<void> {
    const { catalogue } = this.#book;
    // Else all that was copied and waits for tape would be called lost.
    if (catalogue === undefined || this.#book.isHeld || this.#run.signal.aborted) return;
    const dependencies = this.#dependencies;
    const waiting = new TapeWaitCount(this.#overdueBefore);
    const store = goesByTape(dependencies.config) ? this.#store : toldOfTape(this.#store, dependencies);
    const [root, shard, baseWasMissing] = [this.#root, this.#shard, this.#baseWasMissing];
    const context = { root, store, run: this.#run, dependencies, waiting, baseWasMissing, now };
    await this.#book.reading(() => new FollowUp({ ...context, catalogue }, this.#started).all());
    const only = shard && ((path: string) => inShard(path, shard));
    await this.#book.others(dependencies.config, shard, somethingWaits, (other) =>
      new FollowUp({ ...context, catalogue: other, only }, this.#started).all(),
    );
  }

  /**
   * Otherwise each record would fail. Some servers tell nobody about the base, though they take files below it: then it counts as there.
   * @throws {ConfigError}
   */
  async #checkServed(): Promise<void> {
    const { targetUrl } = this.#dependencies.config;
    const { signal } = this.#run;
    const check = { store: this.#store, targetUrl, signal };
    const base = await checkServedBase(check, () => recordPaths(this.#root, signal));
    this.#baseWasMissing = base === null;
  }

  /** The same. @throws {ConfigError} */
  async #checkWritable(): Promise<void> {
    const words = await this.#store.readOnly(this.#run.signal);
    if (words === undefined) return;
    const advice = 'nothing can be copied to it. Give a path that the server exports for writing';
    const message = `the server exports it read-only (${words}): ${advice}`;
    throw new ConfigError([{ key: 'targetUrl', message }]);
  }

  async #lookAround(): Promise<DiskUsage> {
    const { config } = this.#dependencies;
    const usage = await this.#usage();
    this.#run.emit({ type: 'usage', warning: usage.usedPercent > config.warningMarkPercent, ...usage });
    this.#bare = this.#memo.isNew && (await isBare(this.#root.real));
    await warnOfCache(this.#root.real, this.#bare, this.#dependencies, this.#run);
    const { warning } = this.#book;
    if (warning !== undefined) {
      this.#dependencies.logger.warn(warning);
      this.#run.extra.warnings = [...(this.#run.extra.warnings ?? []), warning];
    }
    return usage;
  }

  async #sayHowVerified(signal: AbortSignal): Promise<void> {
    const { config, logger } = this.#dependencies;
    const types = await this.#store.checksumTypes(signal);
    logger.info(waysOfVerifying(config.verify, config.checksumType, types), {
      serverTypes: types.named.join(' '),
    });
  }

  #usage(): Promise<DiskUsage> {
    const { usage = diskUsage } = this.#dependencies;
    return usage(this.#cache);
  }

  /** The oldest of all records would have to go: a pass over some of them removes none by the marks. */
  #roomIn(usage: DiskUsage): Room {
    return this.#paths !== undefined && this.#marks !== undefined ? 'enough' : roomOf(usage, this.#marks);
  }

  /** Bytes to remove until the low mark is reached; with shards, the part of this one. */
  #aboveLow(usage: DiskUsage): number {
    return this.#marks ? bytesAbove(usage, this.#marks.low) / (this.#shard?.count ?? 1) : 0;
  }

  async #close(): Promise<void> {
    await this.#directories.close();
    await this.#context.left.close();
    // No memo for an empty directory: it may be the wrong one, and the next pass must warn again.
    if (this.#run.dryRun || (this.#bare && this.#memo.isEmpty)) return;
    // What has no row must not count as known.
    if (this.#book.isIncomplete) return;
    // That rows are missing is told once, and hooks and mail hear of whole passes.
    const tells = this.#paths === undefined || !this.#book.lacksRows;
    await saveMemo(this.#memo, { whole: this.#whole, tells }, this.#book, this.#dependencies.logger);
  }
}
