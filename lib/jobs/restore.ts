/** Restoring: list, ask, stage what is offline, fetch each file as soon as it is online, verify, evict, report. */
import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { CacheDirectory } from '../cache/directory.js';
import { acquireLock, type PassLock } from '../cache/lock.js';
import { makePath } from '../cache/make_path.js';
import { StageJournal } from '../cache/stage_journal.js';
import { ConfigError, type ArchiveConfig, type Logger } from '../config/index.js';
import { parseTarget } from '../config/target.js';
import { openStore } from '../remote/open_store.js';
import type { RemoteStore } from '../remote/store.js';
import { selector } from '../rules/selection.js';
import { isRemoteUrl } from '../xrdcl/index.js';
import { forEachConcurrent } from './concurrent.js';
import type { EventBus } from './event_bus.js';
import { failureOf } from './failure.js';
import { list, type ListItem, type RemoteEntry } from './list.js';
import { LocalReceiver } from './local_receiver.js';
import { ProgressMeter } from './progress_meter.js';
import type { Receiver } from './receiver.js';
import { RemoteReceiver } from './remote_receiver.js';
import type { Report } from './report.js';
import { restoreRecord, type RestoreContext } from './restore_record.js';
import { retrying } from './retry.js';
import { ServerWatch } from './server_watch.js';
import { Stager } from './stager.js';
import { Tally, type Outcome } from './tally.js';

export interface RestoreOptions {
  /** A local directory, made if it is missing, or the URL of another XRootD server. */
  to: string;
  /** Plain paths, in which no letter is special, beside the patterns. */
  list?: readonly string[] | undefined;
  /** Only files whose time on the server is not before. */
  since?: Date | undefined;
  /** Only files whose time on the server is before. */
  until?: Date | undefined;
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

export interface RestoreDependencies {
  config: ArchiveConfig;
  events: EventBus;
  logger: Logger;
  open: () => RemoteStore;
}

const progressMilliseconds = 100;
/** Files beyond those that wait for tape: so that what is online isn't held up by what isn't. */
const recordsBeside = 1024;
const evictFiles = 200;
const evictMilliseconds = 5000;

/**
 * @param paths files, directories or globs, relative to the target's base; `.`, and none without a list, is everything
 * @throws {ConfigError} {LockedError} when another restore works into the same directory; {XRootDError} when the server
 * can't be reached or refuses us
 */
export async function restore(
  dependencies: RestoreDependencies,
  paths: readonly string[],
  options: RestoreOptions,
): Promise<Report> {
  if (isRemoteUrl(options.to)) {
    const target = parseTarget(options.to);
    const store = openStore({ ...dependencies.config, targetUrl: target.url });
    return run(
      dependencies,
      paths,
      options,
      new RemoteReceiver(target, store, dependencies.config),
      undefined,
    );
  }
  await makeTarget(options.to);
  const lock: PassLock = await acquireLock(options.to);
  try {
    const root = await CacheDirectory.openRoot(options.to);
    const receiver = new LocalReceiver(root, dependencies.config, options.fsync ?? true);
    const journal = new StageJournal(root, dependencies.config.targetUrl);
    return await run(dependencies, paths, options, receiver, journal);
  } finally {
    await lock.release();
  }
}

async function makeTarget(to: string): Promise<void> {
  try {
    await makePath(resolve(to));
  } catch (error) {
    const message = `${to} can't be made: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ key: 'to', message }]);
  }
}

async function run(
  dependencies: RestoreDependencies,
  paths: readonly string[],
  options: RestoreOptions,
  receiver: Receiver,
  journal: StageJournal | undefined,
): Promise<Report> {
  try {
    const earlier = (await journal?.read()) ?? [];
    const adopted = new Map(
      earlier.flatMap(({ requestId, names }) => names.map((name) => [name, requestId])),
    );
    const report = await new Restore(dependencies, paths, options, receiver, journal, adopted).run();
    await journal?.clear();
    return report;
  } finally {
    await receiver.close();
  }
}

class Restore {
  readonly #dependencies: RestoreDependencies;
  readonly #paths: readonly string[];
  readonly #options: RestoreOptions;
  readonly #context: RestoreContext;
  readonly #tally: Tally;
  readonly #stop = new AbortController();
  readonly #server: ServerWatch;
  #toEvict: string[] = [];
  #evicting: Promise<void> = Promise.resolve();
  #evicted = 0;

  constructor(
    dependencies: RestoreDependencies,
    paths: readonly string[],
    options: RestoreOptions,
    receiver: Receiver,
    journal: StageJournal | undefined,
    adopted: ReadonlyMap<string, string>,
  ) {
    const { config, events, logger, open } = dependencies;
    const { overwrite = false, dryRun = false } = options;
    const signal =
      options.signal === undefined ? this.#stop.signal : AbortSignal.any([options.signal, this.#stop.signal]);
    // Every file that waits listens to it.
    setMaxListeners(0, signal);
    const { emit } = events;
    const store = open();
    const record = async (requestId: string, names: string[]) => journal?.add({ requestId, names });
    const stager = new Stager({ config, store, emit, logger, adopted, record, signal });
    const progress = new ProgressMeter();
    this.#dependencies = dependencies;
    this.#paths = paths;
    this.#options = options;
    this.#tally = new Tally('restore', dryRun, new Date());
    this.#server = new ServerWatch(store, this.#stop);
    this.#context = { config, store, receiver, stager, emit, progress, overwrite, dryRun, signal };
  }

  async run(): Promise<Report> {
    const { config } = this.#dependencies;
    const { emit, receiver, dryRun, progress, stager } = this.#context;
    emit({ type: 'pass:started', job: 'restore', cache: receiver.place, target: config.targetUrl, dryRun });
    const tell = () => {
      emit({ ...progress.read(performance.now()), waitingForTape: stager.waiting });
    };
    const timer = setInterval(tell, progressMilliseconds);
    // A small buffer gets its room back while others wait for it.
    const evictions = setInterval(() => void this.#evict(true), evictMilliseconds);
    const error = await this.#all().finally(() => {
      clearInterval(timer);
      clearInterval(evictions);
    });
    tell();
    const interrupted = this.#options.signal?.aborted === true;
    const report = this.#tally.report(new Date(), interrupted, error && failureOf('', error));
    if (this.#options.evict === true) report.evicted = this.#evicted;
    emit({ type: 'pass:finished', report });
    if (error !== undefined) throw error;
    return report;
  }

  async #all(): Promise<Error | undefined> {
    const { config } = this.#dependencies;
    let failure: Error | undefined;
    try {
      await forEachConcurrent(this.#entries(), config.stageMaxFiles + recordsBeside, (item) =>
        this.#item(item),
      );
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    await this.#context.stager.idle();
    await this.#evict(true);
    if (this.#options.signal?.aborted === true) return undefined;
    return this.#server.gone ?? failure;
  }

  async *#entries(): AsyncGenerator<ListItem> {
    const { store, signal, progress } = this.#context;
    const { since, until, list: plain } = this.#options;
    const patterns = this.#paths.length === 0 ? undefined : this.#paths;
    const selects = selector({ patterns, paths: plain, since, until });
    const options = { recursive: true, enters: selects.directoryMayMatch, signal };
    const failed = new Set<string>();
    for await (const item of list(store, selects.roots, this.#dependencies.config.parallelStats, options)) {
      if ('failed' in item) {
        failed.add(item.path);
        yield item;
      } else if (!item.isDirectory && selects(item)) {
        progress.found(item.size);
        yield item;
      }
    }
    for (const path of selects.unmatched()) {
      // An empty archive is restored as such.
      if (path === '.' || failed.has(path)) continue;
      yield { path, code: 'NotFound', message: 'nothing on the server is named so', failed: true };
    }
    progress.walkEnded();
  }

  async #item(item: ListItem): Promise<void> {
    if ('failed' in item) {
      const { failed: _, ...failure } = item;
      this.#finish({ result: 'failed', failure });
    } else await this.#file(item);
  }

  async #file(entry: RemoteEntry): Promise<void> {
    const { config, logger } = this.#dependencies;
    const { signal, progress } = this.#context;
    const { path, size } = entry;
    let outcome: Outcome;
    try {
      outcome = await retrying(
        path,
        { config, logger, signal },
        () => restoreRecord(entry, this.#context),
        () => {
          progress.restart(path);
        },
      );
    } catch (error) {
      if (signal.aborted || (await this.#server.isEnd(error))) {
        this.#toEvict.push(path);
        return;
      }
      outcome = { result: 'failed', failure: failureOf(path, error) };
    }
    progress.done(path, size);
    this.#finish(outcome);
    // Also what failed: nothing is to stay pinned in the buffer.
    this.#toEvict.push(path);
    if (this.#toEvict.length >= evictFiles) await this.#evict(false);
  }

  #finish(outcome: Outcome): void {
    this.#tally.add(outcome);
    if (outcome.result !== 'failed' && outcome.result !== 'conflicts') return;
    const { path, code, errno, message } = outcome.failure;
    const number = errno === undefined ? {} : { errno };
    const conflict = outcome.result === 'conflicts';
    this.#context.emit({ type: 'file:failed', path, code, ...number, message, conflict });
  }

  /** One request after the other. @param all also when it's only a few */
  #evict(all: boolean): Promise<void> {
    const { stager } = this.#context;
    this.#evicting = this.#evicting.then(async () => {
      if (this.#toEvict.length === 0 || (!all && this.#toEvict.length < evictFiles)) return;
      const names = this.#toEvict;
      this.#toEvict = [];
      if (this.#options.evict !== true) return;
      try {
        this.#evicted += (await stager.evict(names)).length;
      } catch (error) {
        this.#dependencies.logger.warn(`not everything was evicted: ${String(error)}`, {
          files: names.length,
        });
      }
    });
    return this.#evicting;
  }
}
