/**
 * What all jobs on the server's files have in common: start and end, progress, one outcome for each file, an early end when the
 * server is gone, one report.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { DiskUsage } from '../../cache/usage.js';
import { ConfigError, type ArchiveConfig, type Logger } from '../../config/index.js';
import type { MountTables } from '../../config/mounts.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Shard } from '../../rules/sharding.js';
import type { XRootDError } from '../../xrdcl/index.js';
import type { Emit, EventBus } from '../events/event_bus.js';
import { failureOf } from './failure.js';
import type { ListItem, RemoteEntry } from './list.js';
import { planned } from './planned.js';
import { ProgressMeter } from './progress_meter.js';
import { ProgressNews } from './progress_news.js';
import type { Failure, Report } from '../events/report.js';
import { retrying } from './retry.js';
import { ServerWatch } from './server_watch.js';
import { Tally, type Outcome } from './tally.js';

export interface JobDependencies {
  config: ArchiveConfig;
  events: EventBus;
  logger: Logger;
  /** Of the one job that is made with these. Default: a random UUID. */
  jobId?: string | undefined;
  /**
   * Opens the server's files. Each job calls it once its options are checked, before it makes, locks or requests anything.
   * @throws {ConfigError} also for a keytab that others can read
   */
  open: () => LimitedStore | Promise<LimitedStore>;
  /** How full a directory's disk is. Default: diskUsage(). */
  usage?: (directory: string) => Promise<DiskUsage>;
  /** What is mounted, and what should be. Default: mountTables(). */
  mounts?: () => Promise<MountTables>;
  /** Milliseconds since the epoch. Default: Date.now(). */
  now?: () => number;
}

/** Gives each event the id of the job. */
export function emitOf({ events, jobId = randomUUID() }: Pick<JobDependencies, 'events' | 'jobId'>): Emit {
  return (event) => {
    events.emit({ ...event, jobId });
  };
}

export interface JobRunOptions {
  job: Report['job'];
  /** The local directory, for events and messages; empty if there is none. */
  place: string;
  signal: AbortSignal | undefined;
  dryRun?: boolean | undefined;
  /** Only chosen records are looked at: see isPartial(). */
  partial?: boolean | undefined;
  shard?: Shard | undefined;
  /** The event for a file that stays as it is. Default `file:kept`. */
  kept?: 'file:kept' | 'file:skipped';
}

const progressMilliseconds = 100;

export class JobRun {
  /** Aborted by the caller, and when the server is gone. */
  readonly signal: AbortSignal;
  readonly progress = new ProgressMeter();
  readonly emit: Emit;
  readonly dryRun: boolean;
  /** Fields of the report that don't follow from the outcomes. */
  readonly extra: Partial<
    Pick<
      Report,
      | 'evicted'
      | 'seed'
      | 'notOnTape'
      | 'removedNotOnTape'
      | 'unconfirmed'
      | 'warnings'
      | 'lost'
      | 'rebuilt'
      | 'partial'
      | 'shard'
    >
  > = {};
  readonly #dependencies: JobDependencies;
  readonly #options: JobRunOptions;
  readonly #tally: Tally;
  readonly #stop = new AbortController();
  readonly #server: ServerWatch;

  constructor(store: RemoteStore, dependencies: JobDependencies, options: JobRunOptions) {
    const { job, signal, dryRun = false, partial = false, shard } = options;
    this.#dependencies = dependencies;
    this.#options = options;
    this.dryRun = dryRun;
    if (partial) this.extra.partial = true;
    if (shard !== undefined) this.extra.shard = shard;
    this.emit = emitOf(dependencies);
    this.signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    // Every file that is worked on listens to it.
    setMaxListeners(0, this.signal);
    this.#tally = new Tally(job, dryRun, new Date());
    this.#server = new ServerWatch(store, this.#stop, dependencies.logger);
  }

  /**
   * Resolves with the report also when files failed, and when the caller's signal ended it.
   * @param waiting files that wait for tape
   * @throws what `work` throws; {XRootDError} when the server is gone
   */
  async run(work: () => Promise<void>, waiting?: () => number): Promise<Report> {
    const { job, place: cache } = this.#options;
    const { targetUrl: target } = this.#dependencies.config;
    this.emit({ type: 'pass:started', job, cache, target, dryRun: this.dryRun });
    const news = new ProgressNews();
    const tell = (isLast = false) => {
      const now = performance.now();
      const wait = waiting === undefined ? {} : { waitingForTape: waiting() };
      const progress = { ...this.progress.read(now), job, ...wait };
      if (news.isNew(progress, now, isLast)) this.emit(progress);
    };
    const timer = setInterval(tell, progressMilliseconds);
    const ended = new AbortController();
    void this.#server.watch(AbortSignal.any([this.signal, ended.signal]));
    const error = await this.#end(work).finally(() => {
      clearInterval(timer);
      ended.abort();
    });
    tell(true);
    const failure = error && failureOf('', error);
    const report = { ...this.#tally.report(new Date(), this.#interrupted, failure), ...this.extra };
    this.emit({ type: 'pass:finished', report });
    if (error !== undefined) throw error;
    return report;
  }

  /** The error that ended the job early; undefined if it ran to its end or the caller aborted it. */
  async #end(work: () => Promise<void>): Promise<Error | undefined> {
    try {
      await work();
      return this.#interrupted ? undefined : this.#ended;
    } catch (error) {
      if (this.#interrupted) return undefined;
      return this.#ended ?? (error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** What ended the job for all files, if anything did. */
  get #ended(): Error | undefined {
    const reason: unknown = this.#stop.signal.reason;
    return reason instanceof Error ? reason : undefined;
  }

  get #interrupted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /**
   * Works on one file, counts its outcome, and tries again after errors that may pass.
   * @param task resolves with undefined if the outcome comes later
   * @returns false when the job ended before the file did: then nothing is counted
   */
  async file(
    path: string,
    size: number,
    task: (attempt: number) => Promise<Outcome | undefined>,
  ): Promise<boolean> {
    const outcome = await this.attempt(path, task);
    if (outcome === 'ended') return false;
    if (outcome !== undefined) this.finish(outcome, { path, size });
    return true;
  }

  /** As file(), but the outcome isn't counted. @returns `ended` when the job ended before the file did */
  async attempt<T>(
    path: string,
    task: (attempt: number) => Promise<T>,
  ): Promise<T | Extract<Outcome, { result: 'failed' | 'conflicts' }> | 'ended'> {
    const { config } = this.#dependencies;
    const onRetry = ({ code, message }: XRootDError, attempt: number, retriesLeft: number) => {
      this.emit({ type: 'file:retry', path, code, message, attempt, retriesLeft });
    };
    try {
      return await retrying({ config, onRetry, signal: this.signal }, task, () => {
        this.progress.restart(path);
      });
    } catch (error) {
      if (await this.isEnd(error)) return 'ended';
      return { result: 'failed', failure: failureOf(path, error) };
    }
  }

  /** Does this error end the whole job, rather than one file? */
  async isEnd(error: unknown): Promise<boolean> {
    // A mistake in the configuration makes every file fail.
    if (error instanceof ConfigError && !this.signal.aborted) this.#stop.abort(error);
    return this.signal.aborted || (await this.#server.isEnd(error));
  }

  /** The entries of a listing. Those that could not be listed are counted as failed. */
  async *listed(items: AsyncIterable<ListItem>): AsyncGenerator<RemoteEntry, void, undefined> {
    for await (const item of items) {
      if ('failed' in item) {
        const { failed: _, ...failure } = item;
        this.finish({ result: 'failed', failure });
      } else yield item;
    }
  }

  /** As listed(), for files that the job will work on: they are added to the progress. */
  async *found(items: AsyncIterable<ListItem>): AsyncGenerator<RemoteEntry, void, undefined> {
    for await (const entry of this.listed(items)) {
      this.progress.found(entry.size);
      yield entry;
    }
    this.progress.walkEnded();
  }

  /** @param file as it was added to the progress; undefined for what is no file */
  finish(outcome: Outcome, file?: { path: string; size: number }): void {
    this.#tally.add(outcome);
    if (file !== undefined) {
      // Bytes that others have moved or summed count in the rate, too.
      const { result } = outcome;
      if (result === 'staged' || result === 'verified')
        this.progress.copying(file.path, file.size, file.size);
      this.progress.done(file.path, file.size);
      const plan = this.dryRun ? planned(this.#options.job, outcome, file) : undefined;
      if (plan !== undefined) this.emit(plan);
      if (outcome.result === 'kept') {
        const { kept: type = 'file:kept' } = this.#options;
        this.emit({ type, path: file.path, reason: outcome.reason });
      }
    }
    if (outcome.result === 'failed' || outcome.result === 'conflicts') {
      this.#failed(outcome.failure, outcome.result === 'conflicts');
    }
  }

  #failed({ path, code, errno, message }: Failure, conflict: boolean): void {
    const number = errno === undefined ? {} : { errno };
    this.emit({ type: 'file:failed', path, code, ...number, message, conflict });
  }
}
