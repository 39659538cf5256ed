/** Where each record is: in the cache, in the disk buffer, on tape. Looks only. */
import { CacheDirectory } from '../../cache/directory.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import { recordPaths, walk, type CacheRecord } from '../../cache/walk.js';
import { checkAccess } from '../../config/access.js';
import type { ArchiveConfig } from '../../config/index.js';
import { requireCache } from '../../config/validate.js';
import type { RemoteStore } from '../../remote/store.js';
import { bytesOf } from '../../rules/comparison.js';
import type { RemoteState } from '../../rules/remote_state.js';
import { classifyRecord } from '../record/classify_record.js';
import { failureOf } from '../run/failure.js';
import { checkServedBase } from '../run/served_base.js';
import type { JobDependencies } from '../run/job_run.js';
import { toldOfTape } from '../run/tape_told.js';
import { LazyRecord } from '../record/local_file.js';
import { mapConcurrent } from '../../flow/map_concurrent.js';
import { LocalSums } from '../record/local_sums.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { checkPaths } from '../../config/option_values.js';

/** A record of the cache, and what the server has of it. */
export interface RecordStatus {
  /** Relative to the cache. */
  path: string;
  /** Bytes. */
  size: number;
  /** The local modification time. */
  mtime: Date;
  /** What the server has; `backed_up` is on tape. */
  state: RemoteState;
  /** Readable on the server now; undefined if there is no such file, or it could not be statted. */
  online?: boolean;
  /** Why, for partial, conflict and unknown. */
  reason?: string;
}

/** Options of `Archive.status`. */
export interface StatusOptions {
  /** Ends it; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Compare checksums too, which reads every local file. Default false: sizes only. */
  verify?: boolean | undefined;
}

const KNOWN: Known<StatusOptions> = { signal: true, verify: true };

/** @param paths records or directories, relative to the cache; none: all. @throws {ConfigError | XRootDError} */
export async function* status(
  dependencies: JobDependencies,
  paths: readonly string[],
  options: StatusOptions = {},
): AsyncGenerator<RecordStatus, void, undefined> {
  checkOptions(options, KNOWN);
  checkPaths(paths);
  const { config, open } = dependencies;
  const store = toldOfTape(await open(), dependencies);
  const { cacheDirectory, cacheMountPoint } = config;
  await checkAccess({ cacheDirectory, cacheMountPoint });
  yield* statusAt({ config, store }, paths, options);
}

/** The same, with a target that is open. @param store its tape flags are what `tape_state` says */
export async function* statusAt(
  { config, store }: { config: ArchiveConfig; store: RemoteStore },
  paths: readonly string[],
  { signal, verify = false }: StatusOptions,
): AsyncGenerator<RecordStatus, void, undefined> {
  const root = await CacheDirectory.openRoot(requireCache(config));
  const directories = new OpenDirectories(root);
  const sums = new LocalSums();
  const of = async (record: CacheRecord): Promise<RecordStatus> => {
    const { size, mtimeNs } = record.identity;
    const known = { path: record.path, size: Number(size), mtime: new Date(Number(mtimeNs / 1_000_000n)) };
    const file = new LazyRecord(directories, record);
    try {
      const remote = await store.stat(record.path, signal);
      const { state, ...more } = await classifyRecord(record.path, known.size, remote, file.open, {
        ...{ store, config, now: Date.now, signal, verify: verify ? bytesOf(config.verify) : 'size' },
        ...{ readBack: 'fresh', looksOnly: true },
        sumLocal: (open, type) => sums.ofUnchanged(open, type, { signal }),
      });
      const online = remote === null ? {} : { online: !remote.offline };
      return {
        ...{ ...known, state: state === 'writing' ? 'unknown' : state, ...online },
        ...('reason' in more && { reason: more.reason }),
      };
    } catch (error) {
      signal?.throwIfAborted();
      return { ...known, state: 'unknown', reason: failureOf(record.path, error).message };
    } finally {
      file.close();
    }
  };
  try {
    await store.ping(signal);
    await checkServedBase({ store, targetUrl: config.targetUrl, signal }, () => recordPaths(root, signal));
    yield* mapConcurrent(recordsOf(root, paths, signal), config.parallelStats, of);
  } finally {
    await directories.close();
    await root.close();
  }
}

async function* recordsOf(
  root: CacheDirectory,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<CacheRecord> {
  const wanted = paths.map((path) => path.replace(/\/+$/, '')).filter((path) => path !== '' && path !== '.');
  const matches = (path: string) =>
    wanted.length < paths.length ||
    paths.length === 0 ||
    wanted.some((each) => path === each || path.startsWith(`${each}/`));
  for await (const entry of walk(root, signal && { signal })) {
    if (entry.kind === 'record' && matches(entry.path)) yield entry;
  }
}
