/** A backup pass: walk, and for every record what backup_record.ts does, with one report at the end. */
import { setMaxListeners } from 'node:events';
import { relative } from 'node:path';
import pLimit from 'p-limit';
import { CacheDirectory } from '../cache/directory.js';
import { handleLeftover } from '../cache/leftovers.js';
import { acquireLock } from '../cache/lock.js';
import { diskUsage } from '../cache/usage.js';
import { walk, type CacheRecord, type Leftover, type WalkEntry } from '../cache/walk.js';
import type { ArchiveConfig, Logger } from '../config/index.js';
import { checkAccess, requireCache } from '../config/index.js';
import { parseTarget } from '../config/target.js';
import type { RemoteStore } from '../remote/store.js';
import { checkNameText } from '../rules/names.js';
import { checksumFile } from '../xrdcl/index.js';
import { backupRecord, waitingForTape, type BackupContext } from './backup_record.js';
import { forEachConcurrent } from './concurrent.js';
import type { EventBus } from './event_bus.js';
import { failureOf } from './failure.js';
import { ProgressMeter } from './progress_meter.js';
import type { Report } from './report.js';
import { retrying } from './retry.js';
import { ServerWatch } from './server_watch.js';
import { Tally, type Outcome } from './tally.js';

export interface BackupOptions {
  /** Ends the pass: running copies are cancelled and what they made is removed, nothing else is begun. */
  signal?: AbortSignal | undefined;
  /** Only tell what would be done. Default false. */
  dryRun?: boolean | undefined;
}

export interface BackupDependencies {
  config: ArchiveConfig;
  /** Called once the configuration has been checked and the lock is held. */
  open: () => RemoteStore;
  events: EventBus;
  logger: Logger;
}

/** Records whose state is asked for or who wait for a copy: more than the stats in flight, so that copies never starve. */
const recordsInFlight = 1024;
/** Local checksums at once; the addon's threads do the work. */
const localChecksums = 4;
const progressMilliseconds = 100;

/**
 * One pass over the cache. Resolves with the report also when files failed, and when the signal ended it.
 * @throws {ConfigError} before anything is touched; {LockedError} if another pass works on this cache; {XRootDError}
 * when the server can't be reached or refuses us, at the start or in the middle: what was done by then is complete
 */
export async function backup(dependencies: BackupDependencies, options: BackupOptions = {}): Promise<Report> {
  const { config } = dependencies;
  const cache = requireCache(config);
  await checkAccess(config);
  const lock = await acquireLock(cache, config.workerFilePath);
  try {
    const root = await CacheDirectory.openRoot(cache);
    try {
      return await new Pass(root, dependencies.open(), dependencies, options).run();
    } finally {
      await root.close();
    }
  } finally {
    await lock.release();
  }
}

class Pass {
  readonly #dependencies: BackupDependencies;
  readonly #tally: Tally;
  readonly #progress = new ProgressMeter();
  readonly #context: BackupContext;
  /** Ends the pass from within, when the server is gone. */
  readonly #stop = new AbortController();
  readonly #given: AbortSignal | undefined;
  readonly #signal: AbortSignal;
  readonly #server: ServerWatch;
  #tapeSeen = false;

  constructor(
    root: CacheDirectory,
    store: RemoteStore,
    dependencies: BackupDependencies,
    { signal, dryRun = false }: BackupOptions,
  ) {
    const { config, events } = dependencies;
    this.#dependencies = dependencies;
    this.#given = signal;
    this.#signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    // Every record in flight listens to it while it waits for its next attempt.
    setMaxListeners(0, this.#signal);
    this.#server = new ServerWatch(store, this.#stop);
    this.#tally = new Tally('backup', dryRun, new Date());
    const sums = pLimit(localChecksums);
    this.#context = {
      config,
      dryRun,
      root,
      store,
      saw: ({ backUpExists }) => (this.#tapeSeen ||= backUpExists),
      sumLocal: (record, length) =>
        sums(() => checksumFile(record, { type: config.checksumType, length, signal: this.#signal })),
      emit: events.emit,
      progress: this.#progress,
      now: Date.now,
      signal: this.#signal,
    };
  }

  async run(): Promise<Report> {
    const { config, events } = this.#dependencies;
    const { dryRun } = this.#context;
    const cache = requireCache(config);
    events.emit({
      type: 'pass:started',
      job: 'backup',
      cache,
      target: config.targetUrl,
      dryRun,
    });
    const usage = await diskUsage(cache);
    events.emit({ type: 'usage', warning: usage.usedPercent > config.warningMarkPercent, ...usage });
    const timer = setInterval(() => {
      events.emit(this.#progress.read(performance.now()));
    }, progressMilliseconds);
    const error = await this.#all().finally(() => {
      clearInterval(timer);
    });
    events.emit(this.#progress.read(performance.now()));
    const report = this.#tally.report(
      new Date(),
      this.#given?.aborted === true,
      error && failureOf('', error),
    );
    this.#explain(report);
    events.emit({ type: 'pass:finished', report });
    if (error !== undefined) throw error;
    return report;
  }

  /** Everything there is to do; what it resolves with ended the pass early. */
  async #all(): Promise<Error | undefined> {
    try {
      if (!this.#signal.aborted) await this.#context.store.ping(this.#signal);
      await forEachConcurrent(this.#entries(), recordsInFlight, (entry) => this.#entry(entry));
      return this.#server.gone;
    } catch (error) {
      if (this.#given?.aborted === true) return undefined;
      return this.#server.gone ?? (error instanceof Error ? error : new Error(String(error)));
    }
  }

  async *#entries(): AsyncGenerator<WalkEntry> {
    const { config } = this.#dependencies;
    const { base } = parseTarget(config.targetUrl);
    const nameProblem = (path: string) => {
      const verdict = checkNameText(path, { base });
      return verdict.ok ? undefined : verdict.reason;
    };
    const { root } = this.#context;
    const ignore = new Set<string>();
    if (config.workerFilePath !== undefined) ignore.add(relative(root.real, config.workerFilePath));
    for await (const entry of walk(root, { signal: this.#signal, nameProblem, ignore })) {
      if (entry.kind === 'record') this.#progress.found(Number(entry.identity.size));
      yield entry;
    }
    this.#progress.walkEnded();
  }

  async #entry(entry: WalkEntry): Promise<void> {
    switch (entry.kind) {
      case 'vanished':
        return;
      case 'problem':
        this.#finish({ result: 'failed', failure: entry });
        return;
      case 'leftover':
        await this.#leftover(entry);
        return;
      case 'record':
        await this.#record(entry);
    }
  }

  async #record(record: CacheRecord): Promise<void> {
    const { config, logger } = this.#dependencies;
    let outcome: Outcome;
    try {
      outcome = await retrying(
        record.path,
        { config, logger, signal: this.#signal },
        (attempt) => backupRecord(record, this.#context, attempt),
        () => {
          this.#progress.restart(record.path);
        },
      );
    } catch (error) {
      if (this.#signal.aborted) return;
      if (await this.#server.isEnd(error)) return;
      outcome = { result: 'failed', failure: failureOf(record.path, error) };
    }
    this.#finish(outcome, record);
  }

  async #leftover(leftover: Leftover): Promise<void> {
    const { logger } = this.#dependencies;
    if (this.#context.dryRun) {
      logger.info('a file of an earlier run was left behind', { path: leftover.path });
      return;
    }
    try {
      const result = await handleLeftover(this.#context.root, leftover, this.#context.now());
      if (result.outcome === 'displaced') {
        const failure = { path: leftover.path, code: 'Displaced', message: result.message };
        this.#finish({ result: 'failed', failure });
      } else if (result.outcome === 'restored' || result.outcome === 'abandoned') {
        logger.warn('a file that a crash left behind was dealt with', {
          path: leftover.path,
          outcome: result.outcome,
        });
      }
    } catch (error) {
      this.#finish({ result: 'failed', failure: failureOf(leftover.path, error) });
    }
  }

  #finish(outcome: Outcome, record?: CacheRecord): void {
    const { emit } = this.#context;
    this.#tally.add(outcome);
    if (record !== undefined) this.#progress.done(record.path, Number(record.identity.size));
    if (outcome.result === 'kept' && record !== undefined) {
      emit({ type: 'file:kept', path: record.path, reason: outcome.reason });
    }
    if (outcome.result === 'failed' || outcome.result === 'conflicts') {
      const { path, code, errno, message } = outcome.failure;
      const number = errno === undefined ? {} : { errno };
      emit({ type: 'file:failed', path, code, ...number, message, conflict: outcome.result === 'conflicts' });
    }
  }

  #explain(report: Report): void {
    const waiting = report.keptReasons[waitingForTape] ?? 0;
    if (waiting === 0 || this.#tapeSeen) return;
    this.#dependencies.logger.warn(
      'nothing could be removed: no file on the server carries the flag BackUpExists. Either tape is behind, or this ' +
        'server has no tape; with auto_remove: backed_up local files then stay for ever',
      { waiting, target: this.#dependencies.config.targetUrl },
    );
  }
}
