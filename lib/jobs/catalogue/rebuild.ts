/**
 * Makes a catalogue anew: from the segments that earlier passes sent to the server, and, for what they lack, from the server's listing.
 * Changes nothing on the server, and never makes what is known of a record worse: later facts win.
 */
import { Catalogue } from '../../catalogue/catalogue.js';
import { NoCatalogue, openCatalogue } from '../../catalogue/open_catalogue.js';
import { segmentState } from '../../catalogue/segment_state.js';
import { CacheDirectory } from '../../cache/directory.js';
import { makePath } from '../../cache/make_path.js';
import { VerifiedMemo } from '../../cache/verified_memo.js';
import { checkAccess, ConfigError, type ArchiveConfig } from '../../config/index.js';
import { isMountPoint } from '../../config/mounts.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import type { RemoteStore } from '../../remote/store.js';
import { plural } from '../../rules/quantities.js';
import type { Report } from '../events/report.js';
import { markSeen } from '../record/record_book.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { lockPass } from '../run/pass_lock.js';
import { checkShard, SHARD_OPTIONS, type ShardOptions } from '../run/shards.js';
import { toldOfTape } from '../run/tape_told.js';
import { ImportedSegments } from './imported_segments.js';
import { ListedRecords } from './listed_records.js';
import { catalogueIds, segmentStore, sequences } from './segment_server.js';
import { settle } from './settle_rebuilt.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';

/** Options of `Archive.rebuild`. */
export interface RebuildOptions extends ShardOptions, JobOptions {
  /** Default: segments, if there are any, and then the listing for what they lack. */
  from?: 'segments' | 'listing' | undefined;
  /** The id of the catalogue whose segments are read, if there are several. */
  archive?: string | undefined;
  /** Ask the server for the checksum of each file of the listing. Servers may have to read the files for that. Default false. */
  checksums?: boolean | undefined;
  /** Wait for a pass to end, rather than be refused. Default false. */
  wait?: boolean | undefined;
  /** Ends it; another run goes on. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<RebuildOptions> = {
  ...JOB_OPTIONS,
  ...SHARD_OPTIONS,
  from: true,
  archive: true,
  checksums: true,
  wait: true,
  signal: true,
};

/**
 * Can be ended at any moment, and run again.
 * @throws {ConfigError} before any row is made, also when several catalogues have segments there, and none was named;
 * {LockedError}; {CatalogueError}; {XRootDError} when the server can't be reached or refuses us
 */
export async function rebuild(dependencies: JobDependencies, options: RebuildOptions = {}): Promise<Report> {
  const { config } = dependencies;
  checkOptions(options, KNOWN);
  checkShard(options.shard);
  const target = await dependencies.open();
  const segments = segmentStore(target, config);
  await segments.ping(options.signal);
  const ids = options.from === 'listing' ? [] : await catalogueIds(segments, options.signal);
  checkNamed(ids, options);
  await makeCache(config);
  const { cacheDirectory } = config;
  const lock =
    cacheDirectory === undefined ? undefined : await lockPass(cacheDirectory, dependencies, options);
  try {
    await using catalogue = await openToWrite(config, options);
    const id = await chosen(ids, catalogue, segments, options);
    return await new Rebuild({ target, segments, catalogue }, dependencies, options).all(id);
  } finally {
    await lock?.release();
  }
}

interface Places {
  target: LimitedStore;
  segments: LimitedStore;
  catalogue: Catalogue;
}

class Rebuild {
  readonly #places: Places;
  readonly #dependencies: JobDependencies;
  readonly #options: RebuildOptions;
  readonly #run: JobRun;

  constructor(places: Places, dependencies: JobDependencies, options: RebuildOptions) {
    this.#places = places;
    this.#dependencies = dependencies;
    this.#options = options;
    this.#run = new JobRun(places.target, dependencies, {
      ...{ job: 'rebuild', place: places.catalogue.file, signal: options.signal, kept: 'file:skipped' },
    });
  }

  /** @param id of the catalogue whose segments are read; undefined: none */
  async all(id: string | undefined): Promise<Report> {
    const { target, segments, catalogue } = this.#places;
    const { config, logger, now = Date.now } = this.#dependencies;
    const run = this.#run;
    const imported = new ImportedSegments({ config, logger, run, catalogue, store: segments });
    const counts = { segments: 0, rows: 0, forgotten: 0, listed: 0, unsummed: 0, serverOnly: 0 };
    run.extra.rebuilt = counts;
    const report = await run.run(
      async () => {
        if (id !== undefined) {
          const wasEmpty = await this.#isEmpty();
          Object.assign(counts, await imported.all(id, wasEmpty));
        }
        if (this.#options.from !== 'segments' && !run.signal.aborted) {
          const { checksums = false } = this.#options;
          const store = toldOfTape(target, this.#dependencies);
          const listed = new ListedRecords({ config, run, catalogue, store, now, checksums });
          Object.assign(counts, await listed.all());
        }
        run.progress.walkEnded();
        run.signal.throwIfAborted();
        counts.serverOnly = await settle(catalogue, config, now);
        await catalogue.durable({ kind: 'meta', key: 'rebuild', value: '' });
      },
      () => imported.waiting,
    );
    const isWhole = report.error === undefined && !report.interrupted && report.failed === 0;
    if (isWhole && id !== undefined) await this.#remembered(id);
    return report;
  }

  /** What the last pass had written is back: the next one must not miss it. */
  async #remembered(id: string): Promise<void> {
    const { config, logger } = this.#dependencies;
    if (config.cacheDirectory === undefined) return;
    const { catalogue } = this.#places;
    const root = await CacheDirectory.openRoot(config.cacheDirectory);
    try {
      const memo = await VerifiedMemo.load(root, '', this.#options.shard);
      if (memo.catalogue?.id !== id && memo.catalogue?.id !== catalogue.id) return;
      const { batch } = await markSeen(catalogue);
      await memo.save(false, { id: (await catalogue.meta('id')) ?? catalogue.id, batch });
    } catch (error) {
      logger.warn(`the next pass will say that the catalogue is another one: ${String(error)}`);
    } finally {
      await root.close();
    }
  }

  /** It knew nothing before this rebuild, or before one that was ended early: all that it has now is from there. */
  async #isEmpty(): Promise<boolean> {
    const { catalogue } = this.#places;
    if ((await catalogue.meta('rebuild')) === 'begun') return true;
    for await (const _ of catalogue.pages()) return false;
    for await (const _ of catalogue.forgotten()) return false;
    if ((await segmentState(catalogue)).sequence > 0) return false;
    await catalogue.durable({ kind: 'meta', key: 'rebuild', value: 'begun' });
    return true;
  }
}

function checkNamed(ids: readonly string[], { archive, from }: RebuildOptions): void {
  if (archive !== undefined && from === 'listing')
    throw problem('archive', 'names a catalogue whose segments are read, and no segments are to be read');
  if (archive !== undefined && !ids.includes(archive))
    throw problem('archive', `no catalogue of the id ${archive} has segments there; ${thereAre(ids)}`);
  if (from === 'segments' && ids.length === 0) throw problem('from', thereAre(ids));
}

async function chosen(
  ids: readonly string[],
  catalogue: Catalogue,
  store: RemoteStore,
  { archive, shard, signal }: RebuildOptions,
): Promise<string | undefined> {
  if (archive !== undefined || ids.length <= 1) return archive ?? ids[0];
  // Each shard has segments of its own. Else the others may be of the one before this: it was damaged or lost, and passes went on.
  if (shard !== undefined && ids.includes(catalogue.id)) return catalogue.id;
  const told = ids.map(async (id) => {
    const count = plural((await sequences(store, id, signal)).length, 'segment');
    return `${id} (${count}${id === catalogue.id ? ', of the catalogue that is here' : ''})`;
  });
  throw problem('archive', `say which catalogue is meant; ${thereAre(await Promise.all(told))}`);
}

function thereAre(ids: readonly string[]): string {
  return ids.length === 0 ? 'no segments are there' : `there are: ${ids.join(', ')}`;
}

/** An empty machine has none. A disk that isn't mounted must not get one. */
async function makeCache({ cacheDirectory, cacheMountPoint }: ArchiveConfig): Promise<void> {
  if (cacheDirectory === undefined) return;
  const mounted = cacheMountPoint === undefined || (await isMountPoint(cacheMountPoint).catch(() => false));
  if (mounted) await makePath(cacheDirectory, true);
  await checkAccess({ cacheDirectory, cacheMountPoint });
}

async function openToWrite(config: ArchiveConfig, { shard }: RebuildOptions): Promise<Catalogue> {
  const opened = await openCatalogue(config, { mode: 'write', shard });
  if (opened instanceof Catalogue) return opened;
  if (opened instanceof NoCatalogue) throw problem('cataloguePath', opened.reason);
  throw problem(
    'cataloguePath',
    'no place for a catalogue is configured: neither a cache nor catalogue_path',
  );
}

function problem(key: string, message: string): ConfigError {
  return new ConfigError([{ key, message }]);
}
