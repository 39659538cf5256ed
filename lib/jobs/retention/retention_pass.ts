/** A pass over online storage: applies retention_record.ts to every file, and makes one report. */
import type { CacheDirectory } from '../../cache/directory.js';
import { parseTarget, type ArchiveConfig } from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import { openOnline } from '../../remote/open_store.js';
import { pairedStore } from '../../remote/paired_store.js';
import type { RemoteStore } from '../../remote/store.js';
import { nameProblem } from '../../rules/names.js';
import type { OnlineFile } from '../../rules/retention.js';
import type { Report } from '../events/report.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { checkStorage } from '../record/emptied_storage.js';
import type { RecordBook } from '../record/record_book.js';
import { writeSegments } from '../catalogue/segments.js';
import { TapeSigns, toldByQuery } from '../record/told_by_query.js';
import { warnOfWeak } from '../record/weak_checksums.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { refuseProxies } from '../run/refuse_proxies.js';
import { SeparateStorage } from '../separation/separate_storage.js';
import { OnlineDirectory } from './online_directory.js';
import { OnlineServer } from './online_server.js';
import { retainOrRemove, type RetentionContext } from './retention_record.js';
import type { RetentionSettings } from './retention_settings.js';

export interface RetentionPassOptions {
  /** Only tell what would go. Default false. */
  dryRun?: boolean | undefined;
  /** Ends the pass; what was removed by then was safe, all else is still there. */
  signal?: AbortSignal | undefined;
  /** The settings have been confirmed; otherwise nothing is removed. */
  confirmed: boolean;
  book: RecordBook;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Files past their period that are worked on at once: each is open, and most wait for checksums. */
const filesInFlight = 256;

export class RetentionPass {
  readonly #dependencies: JobDependencies;
  readonly #settings: RetentionSettings;
  readonly #run: JobRun;
  /** The target, and the server of online storage if there is one. */
  readonly #both: LimitedStore;
  readonly #context: RetentionContext & { store: LimitedStore };

  /** @param root the online directory; for online storage on a server the cache */
  constructor(
    root: CacheDirectory,
    target: LimitedStore,
    settings: RetentionSettings,
    dependencies: JobDependencies,
    { dryRun = false, signal, confirmed, book, now }: RetentionPassOptions,
  ) {
    const { config, logger } = dependencies;
    const { place, rules } = settings;
    const server =
      'server' in place ? { at: place.server, store: openOnline(place.server.url, config) } : undefined;
    const both = pairedStore(target, server?.store);
    const run = new JobRun(both, dependencies, {
      ...{ job: 'retention', signal, dryRun: dryRun || !confirmed },
      place: server?.at.url ?? root.real,
    });
    if (!confirmed) run.extra.unconfirmed = true;
    const storage =
      server === undefined
        ? new OnlineDirectory({ root, run, logger, now }, config, separateFrom(target, root, run, config))
        : new OnlineServer(server.at, server.store, run, { config, target, logger });
    const { base } = parseTarget(config.targetUrl);
    this.#dependencies = dependencies;
    this.#settings = settings;
    this.#run = run;
    this.#both = both;
    this.#context = {
      ...{ config, run, store: target, storage, rules, signs: new TapeSigns(), book, now },
      nameProblem: (path) => nameProblem(path, { base }),
    };
  }

  async all(): Promise<Report> {
    const { config, logger } = this.#dependencies;
    const report = await this.#run.run(() => this.#work()).finally(() => this.#context.storage.close());
    this.#context.book.pass(report);
    warnOfWeak(report, config, logger);
    if (!report.interrupted) await this.#warnOfTape();
    if (!report.interrupted)
      for (const hold of this.#settings.held.unmatched()) logger.warn(`nothing is named by the hold ${hold}`);
    return report;
  }

  /** Where nothing is seen on tape: perhaps only queries tell of it. */
  async #warnOfTape(): Promise<void> {
    const { config, logger } = this.#dependencies;
    const { store, signs } = this.#context;
    if (signs.seen || signs.waiting.length === 0 || config.tapeState !== 'stat') return;
    const told = await toldByQuery(signs.waiting, store, logger);
    if (told !== undefined) logger.warn(told.message, { ...told.fields, target: config.targetUrl });
  }

  async #work(): Promise<void> {
    const { signal } = this.#run;
    await this.#both.ping(signal);
    await refuseProxies(this.#context.store, this.#dependencies.config, signal);
    await this.#context.storage.check();
    const { book, store } = this.#context;
    await checkStorage({ book, store, run: this.#run, config: this.#dependencies.config });
    const most = Math.min(filesInFlight, mostOpenFiles());
    try {
      await forEachConcurrent(this.#files(), most, async (file) => {
        if (!signal.aborted) await retainOrRemove(file, this.#context);
      });
    } finally {
      const failure = await this.#context.book.finish({ whole: false, stopped: signal.aborted });
      if (failure !== undefined) this.#run.finish({ result: 'failed', failure });
      else await this.#writeSegments();
    }
  }

  async #writeSegments(): Promise<void> {
    const { store, book, run, now } = this.#context;
    const { config, logger } = this.#dependencies;
    const { catalogue } = book;
    if (catalogue !== undefined && !book.isHeld)
      await writeSegments({ catalogue, store, config, run, logger, now });
  }

  async *#files(): AsyncGenerator<OnlineFile, void, undefined> {
    const { progress } = this.#run;
    for await (const file of this.#context.storage.files()) {
      progress.found(Number(file.identity.size));
      yield file;
    }
    progress.walkEnded();
  }
}

function separateFrom(
  store: RemoteStore,
  root: CacheDirectory,
  { signal }: JobRun,
  { targetUrl: target }: ArchiveConfig,
): SeparateStorage {
  return new SeparateStorage({ ...{ store, root, signal, target }, key: 'retention.onlineDirectory' });
}
