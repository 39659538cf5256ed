/**
 * Compares local files, a list of checksums, or the catalogue (audit.ts) with what the server says it has: existence, size and checksum
 * of each file. Copies and stages nothing, changes nothing on the server. Only a drill can tell whether the bytes on tape are right (drill.ts).
 */
import { randomUUID } from 'node:crypto';
import { CacheDirectory } from '../../cache/directory.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import { recordPaths, walk, type CacheRecord } from '../../cache/walk.js';
import { ConfigError, checkAccess, requireCache } from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import { shardStore } from '../../remote/shard_store.js';
import { inSample } from '../../rules/sampling.js';
import { scopeOf } from '../../rules/scope.js';
import type { Selector } from '../../rules/selection.js';
import { inShard, type Shard } from '../../rules/sharding.js';
import type { ListedFile } from '../../rules/checksum_list.js';
import { readChecksums, type ChecksumList } from './checksum_lists.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { checkServedBase } from '../run/served_base.js';
import type { Report } from '../events/report.js';
import { isPartial } from '../run/partial.js';
import { missing, selection } from '../run/selected.js';
import { LocalSums } from '../record/local_sums.js';
import { checkShard, SHARD_OPTIONS, type ShardOptions } from '../run/shards.js';
import { uploadLook } from '../run/uploads.js';
import { auditCatalogue, type CatalogueAudit } from './audit.js';
import { verifyListed, verifyRecord, type VerifyContext } from './verify_record.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';

/** What the remote files are compared with. */
export type VerifyAgainst =
  | {
      /** The records of the cache. */
      cache: true;
    }
  | {
      /** A tree of files whose paths are those below the target's base, like a restored one. */
      directory: string;
    }
  | {
      /** See ChecksumList. */
      checksums: ChecksumList;
      /** Of values without a type. Default: `checksumType` of the configuration. */
      type?: string | undefined;
    }
  | CatalogueAudit;

/** Options of `Archive.verify`. */
export interface VerifyOptions extends ShardOptions, JobOptions {
  /** Default: the cache. */
  against?: VerifyAgainst | undefined;
  /** Plain paths, in which no letter is special, beside the patterns. */
  list?: readonly string[] | undefined;
  /** Per cent of the files that were asked for, chosen by chance; above 0, up to 100, the default. */
  sample?: number | undefined;
  /** What chance depends on: the same files with the same seed. Default: another one each time; the report has it. */
  seed?: string | undefined;
  /** Ends it; the report then says `interrupted`. */
  signal?: AbortSignal | undefined;
  /** Of the catalogue: its results aren't written there. Nothing else is ever changed. Default false. */
  dryRun?: boolean | undefined;
}

const KNOWN: Known<VerifyOptions> = {
  ...JOB_OPTIONS,
  ...SHARD_OPTIONS,
  against: true,
  list: true,
  sample: true,
  seed: true,
  signal: true,
  dryRun: true,
};

/** Files that are compared at once: more than the stats in flight, so that files that wait for checksums don't hold up the rest. */
const filesInFlight = 1024;

/**
 * Ignores files that only the server has. Checksums come from the server; for an offline file it gives the one that it recorded, and
 * recalls nothing.
 * @param paths files, directories or globs of the local side, or of the catalogue; none without a list: everything
 * @throws {ConfigError} before anything is asked, also for a line of a list that can't be read; {XRootDError} when the
 * server can't be reached or refuses us
 */
export async function verify(
  dependencies: JobDependencies,
  paths: readonly string[] = [],
  options: VerifyOptions = {},
): Promise<Report> {
  checkOptions(options, KNOWN);
  const { config } = dependencies;
  const {
    against = { cache: true },
    sample = 100,
    seed = randomUUID(),
    shard,
    signal,
    dryRun = false,
  } = options;
  if (!(sample > 0 && sample <= 100))
    throw problem('sample', `must be per cent above 0 and up to 100, not ${sample}`);
  checkShard(shard);
  checkAgainst(against);
  const selector = selection(paths, { list: options.list });
  // Records that the configuration leaves out aren't missing on the server.
  const scope = scopeOf('cache' in against ? config : {});
  const chosen = (path: string) =>
    selector.names(path) &&
    scope.outside(path) === undefined &&
    inSample(path, seed, sample) &&
    inShard(path, shard);
  const partial = isPartial('verify', { ...options, paths });
  const store = shardStore(await dependencies.open(), shard, config.parallelChecksums);
  if ('catalogue' in against) {
    const isEverything = paths.length === 0 && options.list === undefined;
    const choice = { selector, chosen, isEverything, partial, shard, signal, dryRun };
    const drawn = sample < 100 ? seed : undefined;
    return await auditCatalogue(store, dependencies, { ...choice, seed: drawn }, against);
  }
  const verification = (place: string) =>
    new Verification(store, dependencies, {
      ...{ place, selector, chosen, partial, shard, signal },
      seed: sample < 100 ? seed : undefined,
    });
  if ('checksums' in against) {
    const listed = await readChecksums(against.checksums, against.type ?? config.checksumType);
    return await verification('').listed(listed);
  }
  const directory = 'directory' in against ? against.directory : requireCache(config);
  // A cache whose disk isn't mounted would be empty, and so all well.
  if (!('directory' in against))
    await checkAccess({ cacheDirectory: directory, cacheMountPoint: config.cacheMountPoint });
  const root = await openLocal('directory' in against ? 'against' : 'cacheDirectory', directory);
  try {
    return await verification(root.real).tree(root);
  } finally {
    await root.close();
  }
}

/** @throws {ConfigError} for what names no side, more than one, or an option that this side doesn't have */
function checkAgainst(against: VerifyAgainst): void {
  const given: unknown = against;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw problem('against', 'must be an object with cache, directory, checksums or catalogue');
  if ('catalogue' in against)
    checkOptions(against, { catalogue: true, extra: true, bytes: true, samplePercent: true }, 'against');
  else if ('checksums' in against) {
    checkOptions(against, { checksums: true, type: true }, 'against');
    const list: unknown = against.checksums;
    if (
      typeof list !== 'object' ||
      list === null ||
      !(Symbol.iterator in list || Symbol.asyncIterator in list)
    )
      throw problem('against.checksums', 'must be lines, one by one, or a Map');
  } else if ('directory' in against) {
    checkOptions(against, { directory: true }, 'against');
    const { directory }: { directory: unknown } = against;
    if (typeof directory !== 'string' || directory === '')
      throw problem('against.directory', 'must be a directory');
  } else checkOptions(against, { cache: true }, 'against');
}

interface VerificationOptions {
  /** The local directory, for events and messages. */
  place: string;
  selector: Selector;
  /** Is the path named by the selector, drawn into the sample, and in this shard? */
  chosen: (path: string) => boolean;
  partial: boolean;
  shard: Shard | undefined;
  /** Undefined: all files are compared. */
  seed: string | undefined;
  signal: AbortSignal | undefined;
}

class Verification {
  readonly #run: JobRun;
  readonly #context: VerifyContext;
  readonly #options: VerificationOptions;
  readonly #targetUrl: string;

  constructor(store: LimitedStore, dependencies: JobDependencies, options: VerificationOptions) {
    const { config, now = Date.now } = dependencies;
    const { place, partial, shard, seed, signal } = options;
    const run = new JobRun(store, dependencies, { job: 'verify', place, partial, shard, signal });
    if (seed !== undefined) run.extra.seed = seed;
    const sums = new LocalSums();
    this.#run = run;
    this.#options = options;
    this.#targetUrl = config.targetUrl;
    this.#context = {
      ...{ config, run, store, now, upload: uploadLook(config) },
      sumLocal: (file, type) => sums.ofUnchanged(file, type, { signal: run.signal }),
    };
  }

  tree(root: CacheDirectory): Promise<Report> {
    const { run, store } = this.#context;
    const check = { store, targetUrl: this.#targetUrl, signal: run.signal };
    return this.#all(async () => {
      await checkServedBase(check, () => recordPaths(root, run.signal));
      await this.#tree(root);
    });
  }

  listed(files: readonly ListedFile[]): Promise<Report> {
    return this.#all(() => this.#listed(files));
  }

  #all(work: () => Promise<void>): Promise<Report> {
    return this.#run.run(async () => {
      await this.#context.store.ping(this.#run.signal);
      await work();
      this.#missing();
    });
  }

  async #tree(root: CacheDirectory): Promise<void> {
    const directories = new OpenDirectories(root);
    const most = Math.min(filesInFlight, mostOpenFiles());
    try {
      await forEachConcurrent(this.#records(root), most, async (record) => {
        const size = Number(record.identity.size);
        await this.#run.file(record.path, size, () => verifyRecord(directories, record, this.#context));
      });
    } finally {
      await directories.close();
    }
  }

  async *#records(root: CacheDirectory): AsyncGenerator<CacheRecord, void, undefined> {
    const { progress, signal } = this.#run;
    const { selector, chosen } = this.#options;
    for await (const entry of walk(root, { signal, only: chosen })) {
      if (entry.kind === 'record') {
        progress.found(Number(entry.identity.size));
        yield entry;
      }
      // A directory that can't be read may hide selected files.
      if (entry.kind === 'problem' && selector.directoryMayMatch(entry.path === '.' ? '' : entry.path)) {
        const { path, code, errno, message } = entry;
        const number = errno === undefined ? {} : { errno };
        this.#run.finish({ result: 'failed', failure: { path, code, ...number, message } });
      }
    }
    progress.walkEnded();
  }

  async #listed(files: readonly ListedFile[]): Promise<void> {
    const { progress } = this.#run;
    const found = function* (chosen: (path: string) => boolean) {
      for (const file of files) {
        if (!chosen(file.path)) continue;
        progress.found(file.expected.size ?? 0);
        yield file;
      }
      progress.walkEnded();
    };
    await forEachConcurrent(found(this.#options.chosen), filesInFlight, async ({ path, expected }) => {
      if (this.#run.signal.aborted) return;
      await this.#run.file(path, expected.size ?? 0, () => verifyListed(path, expected, this.#context));
    });
  }

  /** Counts as failed what was named and doesn't exist on the local side. */
  #missing(): void {
    if (this.#run.signal.aborted) return;
    const { selector, shard } = this.#options;
    for (const path of missing(selector.unmatched(), new Set(), shard)) {
      const failure = { path, code: 'NotFound', message: 'nothing on the local side is named so' };
      this.#run.finish({ result: 'failed', failure });
    }
  }
}

async function openLocal(key: string, directory: string): Promise<CacheDirectory> {
  try {
    return await CacheDirectory.openRoot(directory);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw problem(key, `${directory} can't be read: ${code === 'ENOENT' ? 'it does not exist' : code}`);
  }
}

function problem(key: string, message: string): ConfigError {
  return new ConfigError([{ key, message }]);
}
