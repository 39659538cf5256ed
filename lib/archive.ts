/** The library: one class whose methods are the jobs. */
import type { Readable } from 'node:stream';
import { ConfigError, createLogger, redacting, requireCache } from './config/index.js';
import type { ArchiveConfig, ArchiveOptions, Logger } from './config/index.js';
import { checkOptions } from './config/known_options.js';
import { put, type PutData, type PutOptions, type PutResult } from './cache/ingest.js';
import { diskUsage, type DiskUsage } from './cache/usage.js';
import { backup, type BackupOptions } from './jobs/backup/backup.js';
import { ArchiveCatalogue, type FindOptions, type FoundItem } from './jobs/catalogue/archive_catalogue.js';
import { drill, type DrillOptions } from './jobs/restore/drill.js';
import { EventBus, type Listener } from './jobs/events/event_bus.js';
import type { ArchiveEventOf, ArchiveEventType } from './jobs/events/events.js';
import { evict, type EvictOptions } from './jobs/staging/evict.js';
import type { JobOptions } from './jobs/run/job_options.js';
import type { JobDependencies } from './jobs/run/job_run.js';
import { listArchive, type ListItem, type ListOptions } from './jobs/run/list.js';
import { setupOf, type Setup } from './jobs/run/setup.js';
import { logEvents } from './jobs/events/log_events.js';
import { logProgress } from './jobs/events/progress_log.js';
import type { Report } from './jobs/events/report.js';
import { openArchived, type OpenOptions } from './jobs/restore/open_archived.js';
import { restore, type RestoreOptions } from './jobs/restore/restore.js';
import { rebuild, type RebuildOptions } from './jobs/catalogue/rebuild.js';
import { retention, type RetentionOptions } from './jobs/retention/retention.js';
import { resolved } from './jobs/retention/retention_settings.js';
import { stage, type StageOptions } from './jobs/staging/stage.js';
import { status, type RecordStatus, type StatusOptions } from './jobs/verify/status.js';
import { untilOnTape, type OnTape, type UntilOnTapeOptions } from './jobs/verify/until_on_tape.js';
import { verify, type VerifyOptions } from './jobs/verify/verify.js';
import { AfterPass } from './service/after_pass.js';
import { OwnService } from './service/own_service.js';

/** Options of `Archive.stop`. */
export interface StopOptions {
  /** Seconds that a pass gets to end by itself; then it is cancelled. Default `stopGraceSeconds`. */
  graceSeconds?: number;
}

/** What an `Archive` may be given beside its options. */
export interface ArchiveDependencies {
  /** Default: a logger of our own on standard error. */
  logger?: Logger;
}

/**
 * A cache and its target.
 *
 * ```ts
 * const archive = new Archive({ cacheDirectory: '/cache', targetUrl: 'root://server//base' });
 * archive.on('file:failed', ({ path, message }) => console.error(path, message));
 * await archive.put('2026/shot-1.h5', bytes);
 * const report = await archive.backup();
 * ```
 */
export class Archive {
  readonly #logger: Logger;
  readonly #events: EventBus;
  #setup: Setup;
  readonly #service = new OwnService();
  readonly #afterPass: AfterPass;

  /** @throws {ConfigError} with everything that is wrong with the options; looks at no disk and no server */
  constructor(options: ArchiveOptions, { logger }: ArchiveDependencies = {}) {
    this.#setup = setupOf(resolved(options));
    const { logLevel: level, logFormat } = this.config;
    this.#logger =
      logger === undefined ? createLogger({ level, json: logFormat === 'json' }) : redacting(logger);
    this.#events = new EventBus(this.#logger);
    this.#events.onAny(logEvents(this.#logger));
    this.#events.onAny(logProgress(this.#logger));
    this.#events.onAny((this.#afterPass = new AfterPass(() => this.config, this.#logger)).hear);
  }

  /** The options in force, with all defaults; other ones after `reconfigure`. */
  get config(): ArchiveConfig {
    return this.#setup.config;
  }

  /**
   * Calls the listener for each event of one type; returns a function that removes the listener. It may be async, and isn't
   * waited for; what it throws or rejects with is logged.
   */
  on<T extends ArchiveEventType>(type: T, listener: (event: ArchiveEventOf<T>) => unknown): () => void {
    return this.#events.on(type, listener);
  }

  /** Listens to all events. */
  onAny(listener: Listener): () => void {
    return this.#events.onAny(listener);
  }

  /**
   * Writes a record into the cache. Nobody ever sees half of it, and it replaces no other record without `overwrite`. Touches
   * the local disk only: nothing that goes wrong with tape may fail or slow an ingest.
   * @throws {CacheError} `AlreadyExists`, `InvalidPath`, …; system errors like `ENOSPC`
   * @throws {ConfigError} if no cache is configured
   */
  async put(path: string, data: PutData, options: PutOptions = {}): Promise<PutResult> {
    const { fsync, checksumType } = this.config;
    return await put(requireCache(this.config), path, data, options, { fsync, checksumType });
  }

  /**
   * One pass: copies what isn't on the server, removes local copies as `autoRemove` says. Resolves with the report also
   * when files failed.
   * @throws {ConfigError} before anything is touched
   * @throws {LockedError} when another pass works on this cache, unless both are shards of the same count
   * @throws {XRootDError} when the server can't be reached or refuses us
   */
  backup(options: BackupOptions = {}): Promise<Report> {
    return this.#afterPass.asked('backup', options, (id) => backup(this.#dependencies(id), options));
  }

  /**
   * Tells where the cache's records are, as the server says now.
   * @param paths records or directories relative to the cache; none: all
   * @throws {ConfigError | XRootDError}
   */
  status(
    paths: readonly string[] = [],
    options: StatusOptions = {},
  ): AsyncGenerator<RecordStatus, void, undefined> {
    return status(this.#dependencies(), paths, options);
  }

  /**
   * Lists what the server has.
   * @param paths files or directories relative to the target's base; none: the base
   * @throws {ConfigError | XRootDError}
   */
  ls(paths: readonly string[] = [], options: ListOptions = {}): AsyncGenerator<ListItem, void, undefined> {
    return listArchive(this.#dependencies(), paths, options);
  }

  /**
   * Finds records in the catalogue. Asks no server, and needs no cache.
   * @param patterns files, directories or globs relative to the target's base; none without a list: everything
   * @throws {ConfigError | CatalogueError}
   */
  find(
    patterns: readonly string[] = [],
    options: FindOptions = {},
  ): AsyncGenerator<FoundItem, void, undefined> {
    return this.catalogue.find(patterns, options);
  }

  /** What the archive remembers of its records. */
  get catalogue(): ArchiveCatalogue {
    return new ArchiveCatalogue(this.config);
  }

  /**
   * Brings files back: stages those that are offline, fetches each as soon as it is online, verifies it, and only then gives it
   * its name. Files that are there already and identical are skipped, so an interrupted restore can be continued.
   * @param paths files, directories or globs relative to the target's base; none: everything
   * @throws {ConfigError}
   * @throws {LockedError} when another restore works into the same directory, unless `wait` is set or both are shards of one count
   * @throws {XRootDError} when the server can't be reached or refuses us
   */
  restore(paths: readonly string[], options: RestoreOptions): Promise<Report> {
    return restore(this.#dependencies(options), paths, options);
  }

  /**
   * One archived record as a stream, which fails at its end if its bytes aren't what server and catalogue say: use nothing before that.
   * @throws {ConfigError}; {OpenError} when it isn't there, or offline without `stage`; {StageError}; {XRootDError}
   */
  open(path: string, options: OpenOptions = {}): Promise<Readable> {
    return openArchived(this.#dependencies(options), path, options);
  }

  /**
   * Waits until these records are on tape, with the bytes that the cache, or for what has left it the catalogue, knows.
   * @throws {ConfigError}; {NotOnTapeError} at the end, when some aren't; {XRootDError} when the server can't be reached
   */
  waitUntilOnTape(paths: readonly string[], options: UntilOnTapeOptions = {}): Promise<OnTape[]> {
    return untilOnTape(this.#dependencies(), paths, options);
  }

  /**
   * Asks for files to be brought from tape to the disk buffer; with `wait` until each is online or has failed.
   * @param paths files, directories or globs relative to the target's base; `.` is everything
   * @throws {ConfigError} also when nothing is asked for
   * @throws {XRootDError} when the server can't be reached or refuses us
   */
  stage(paths: readonly string[], options: StageOptions = {}): Promise<Report> {
    return stage(this.#dependencies(options), paths, options);
  }

  /**
   * Removes the disk buffer's copies of files that are on tape; refuses all other files.
   * @param paths files, directories or globs relative to the target's base; `.` is everything
   * @throws {ConfigError} also when nothing is asked for
   * @throws {XRootDError} when the server can't be reached or refuses us
   */
  evict(paths: readonly string[], options: EvictOptions = {}): Promise<Report> {
    return evict(this.#dependencies(options), paths, options);
  }

  /**
   * Compares the cache, a tree of files, a list of checksums or the catalogue with what the server says it has. Copies nothing.
   * @param paths files, directories or globs of the local side, or of the catalogue; none: everything
   * @throws {ConfigError} also for a list that can't be read, or if there is no catalogue
   * @throws {CatalogueError} when the catalogue can't be used
   * @throws {XRootDError} when the server can't be reached or refuses us
   */
  verify(paths: readonly string[] = [], options: VerifyOptions = {}): Promise<Report> {
    return this.#afterPass.asked('verify', { ...options, paths }, (id) =>
      verify(this.#dependencies(id), paths, options),
    );
  }

  /**
   * A disaster drill: reads randomly chosen files back from tape, compares them, and leaves nothing behind.
   * @param paths files, directories or globs to draw from, relative to the target's base; none: everything
   * @throws {ConfigError} also when the scratch directory has too little room
   * @throws {XRootDError} when the server can't be reached or refuses us
   */
  drill(paths: readonly string[] = [], options: DrillOptions = {}): Promise<Report> {
    return this.#afterPass.asked('drill', { ...options, paths }, (id) =>
      drill(this.#dependencies(id), paths, options),
    );
  }

  /**
   * Removes online files that are past the period of the `retention` block, if the target has them on tape, with the same
   * size and checksum. Only reports until its settings are confirmed. Resolves with the report also when files failed.
   * @throws {ConfigError} before anything is touched; {LockedError} when another pass works there
   * @throws {XRootDError} when a server can't be reached or refuses us
   */
  retention(options: RetentionOptions = {}): Promise<Report> {
    return this.#afterPass.asked('retention', options, (id) => retention(this.#dependencies(id), options));
  }

  /**
   * Makes the catalogue anew, on an empty machine too: from the segments that passes have sent to the server, and from the server's
   * listing for what they lack. Can be ended and run again. Resolves with the report also when segments are missing or damaged.
   * @throws {ConfigError} also when several catalogues have segments there, and none was named
   * @throws {LockedError} when a pass works on this cache; {CatalogueError} when the catalogue can't be written
   * @throws {XRootDError} when the server can't be reached or refuses us
   */
  rebuild(options: RebuildOptions = {}): Promise<Report> {
    return rebuild(this.#dependencies(options), options);
  }

  #dependencies(options?: JobOptions): JobDependencies {
    return { ...this.#setup, events: this.#events, logger: this.#logger, jobId: options?.jobId };
  }

  /**
   * Makes passes by `copyCronString`, in this process, until `stop`. If several services run on one cache, one works; the
   * others stand by, and try again at each time of their schedule. A pass that fails is the event `pass:failed`, and the
   * next one runs all the same.
   * @throws {ConfigError} without schedule or cache; {Error} when it was started before
   */
  start(): Promise<void> {
    return this.#service.start({
      config: () => this.config,
      dependencies: (jobId) => this.#dependencies({ jobId }),
      events: this.#events,
      logger: this.#logger,
    });
  }

  /** Ends the service: no other pass begins; a running one ends within the grace time or is cancelled cleanly. */
  async stop(options: StopOptions = {}): Promise<void> {
    checkOptions(options, { graceSeconds: true });
    const { graceSeconds = this.config.stopGraceSeconds } = options;
    await this.#service.stop(graceSeconds);
    await this.settled();
  }

  /** Resolves when hooks and metrics of passes that have ended are done: see `hooks`. For who ends the process next. */
  settled(): Promise<void> {
    return this.#afterPass.settled();
  }

  /**
   * Uses other options from now on; a running job keeps the old ones, and so does the logger.
   * @throws {ConfigError} as the constructor; without schedule or cache while the service runs; for another keytab,
   * proxy or token file, since libXrdCl keeps them for the process. The old options then stay.
   */
  reconfigure(options: ArchiveOptions): void {
    const config = resolved(options);
    for (const key of ['keytabFilePath', 'gsiProxyPath', 'tokenFilePath'] as const)
      if (config[key] !== this.config[key])
        throw new ConfigError([{ key, message: 'can be changed only by a new process' }]);
    this.#service.check(config);
    this.#setup = setupOf(config);
    this.#service.reconfigured();
  }

  /** How full the cache's disk is. @throws {ConfigError} if no cache is configured */
  async usage(): Promise<DiskUsage> {
    return await diskUsage(requireCache(this.config));
  }
}
