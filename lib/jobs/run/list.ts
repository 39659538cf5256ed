/** Lists the server's files with their tape flags, which only a stat of each file has. */
import type { CatalogueRow } from '../../catalogue/row.js';
import { outsideText } from '../../config/pattern.js';
import { wireTextProblem } from '../../config/wire_text.js';
import { splitPath } from '../../cache/directory.js';
import { statBatch, statBatchesAhead } from '../../remote/limited_store.js';
import type { Entry, RemoteStat, RemoteStore } from '../../remote/store.js';
import { isReserved, MAX_COMPONENT_BYTES, mayBeCut } from '../../rules/names.js';
import { XRootDError } from '../../xrdcl/index.js';
import { failureOf } from './failure.js';
import type { JobDependencies } from './job_run.js';
import { toldOfTape } from './tape_told.js';
import { inBatches } from '../../flow/in_batches.js';
import { mapConcurrent } from '../../flow/map_concurrent.js';
import type { Failure } from '../events/report.js';
import { uploadLook, type UploadLook } from './uploads.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { checkPaths } from '../../config/option_values.js';

/** A file or directory on the server. */
export interface RemoteEntry {
  /** Relative to the target's base. */
  path: string;
  /** A directory has no tape flags. */
  isDirectory: boolean;
  /** Bytes. */
  size: number;
  /** The server's modification time, in whole seconds. */
  mtime: Date;
  /** Readable now, without asking tape. */
  online: boolean;
  /** The server says that tape has it. */
  onTape: boolean;
  /** Known not to be the whole record, by the cache or by the server; `reason` says how. */
  unfinished?: true;
  /** Why it counts as unfinished. */
  reason?: string;
  /** What the catalogue knows of it, where it was asked. */
  row?: CatalogueRow | undefined;
}

/** Options of `Archive.ls`. */
export interface ListOptions {
  /** Ends the listing; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Descend into directories. Default false. */
  recursive?: boolean | undefined;
  /** Which directories to enter when recursive. Default: all. */
  enters?: ((directory: string) => boolean) | undefined;
  /** Which files to look at, by their path. Default: all. */
  only?: ((path: string) => boolean) | undefined;
  /** Asked about each file: is its upload finished? Default: as far as the server tells. */
  upload?: UploadLook | undefined;
}

const KNOWN: Known<ListOptions> = { signal: true, recursive: true, enters: true, only: true, upload: true };

/** An entry, or a Failure for what could not be listed or statted: nothing is left out silently. */
export type ListItem =
  | RemoteEntry
  | (Failure & {
      /** Tells it from an entry. */
      failed: true;
    });

/**
 * As list(), of the target.
 * @throws {ConfigError | XRootDError}
 */
export async function* listArchive(
  dependencies: JobDependencies,
  paths: readonly string[],
  options: ListOptions,
): AsyncGenerator<ListItem, void, undefined> {
  checkOptions(options, KNOWN);
  checkPaths(paths);
  const { config, open } = dependencies;
  const store = toldOfTape(await open(), dependencies);
  yield* list(store, paths, config.parallelStats, { upload: uploadLook(config), ...options });
}

/**
 * Leaves out our own temporary names: files that a restore or a backup hasn't finished are no records.
 * @param paths files or directories, relative to the target's base; none: the base
 */
export async function* list(
  store: RemoteStore,
  paths: readonly string[],
  statsInFlight: number,
  options: ListOptions = {},
): AsyncGenerator<ListItem, void, undefined> {
  checkOptions(options, KNOWN);
  const {
    signal,
    recursive = false,
    enters = () => true,
    only = () => true,
    upload = uploadLook({}),
  } = options;
  await store.ping(signal);
  const roots = paths.length === 0 ? [''] : paths;
  const found = filesOnly(entriesOf(store, roots, recursive ? enters : undefined, signal), only);
  const looks = mapConcurrent(inBatches(found, statBatch), statBatchesAhead(statsInFlight), (batch) =>
    look(store, batch, upload, signal),
  );
  for await (const items of looks) for (const item of items) if (!isPart(item) || only(item.path)) yield item;
}

/** The listing may have cut this name: the file was statted, because a longer name could be the one that was asked for. */
function isPart(item: ListItem): boolean {
  return !('failed' in item) && !item.isDirectory && mayBeCut(splitPath(item.path)[1]);
}

async function* filesOnly(
  entries: AsyncIterable<Found>,
  only: (path: string) => boolean,
): AsyncGenerator<Found, void, undefined> {
  for await (const entry of entries)
    if ('failed' in entry || entry.isDirectory || mayBeCut(splitPath(entry.path)[1]) || only(entry.path))
      yield entry;
}

/** The stats of files or directories as a listing has them. */
export function looked(
  store: RemoteStore,
  paths: readonly string[],
  upload: UploadLook,
  signal: AbortSignal | undefined,
): Promise<ListItem[]> {
  return look(
    store,
    paths.map((path) => ({ path, isDirectory: false })),
    upload,
    signal,
  );
}

async function look(
  store: RemoteStore,
  batch: readonly Found[],
  upload: UploadLook,
  signal: AbortSignal | undefined,
): Promise<ListItem[]> {
  const named = batch.map((entry) => ('failed' in entry ? entry : (badName(entry) ?? entry)));
  const paths = named.flatMap((entry) => ('failed' in entry ? [] : [entry.path]));
  const answers = (await store.statMany(paths, signal)).values();
  return named.map((entry) => {
    if ('failed' in entry) return entry;
    const stat = answers.next().value ?? absent(entry.path);
    return stat instanceof Error ? failedItem(entry.path, stat) : remoteEntry(entry.path, stat, upload);
  });
}

/** A name that XRootD can't send unchanged: the answer would be that of another file. */
export function badName({ path, problem }: Entry): (Failure & { failed: true }) | undefined {
  const reason = problem ?? wireTextProblem(path);
  if (reason === undefined) return undefined;
  const message = `its name ${reason}: give it another one on the server`;
  return failedItem(path, Object.assign(new Error(message), { code: 'BadName' }));
}

function remoteEntry(path: string, stat: RemoteStat, upload: UploadLook): ListItem {
  const { kind, size, mtime, offline, backUpExists, poscPending = false } = stat;
  // A named pipe, for one: opening it would wait for ever.
  if (kind === 'other' && !poscPending) return failedItem(path, notARecord());
  const reason = kind === 'directory' ? undefined : upload(path, stat);
  const unfinished = reason === undefined ? {} : ({ unfinished: true, reason } as const);
  const isDirectory = kind === 'directory';
  return {
    path,
    isDirectory,
    size,
    mtime,
    online: !offline,
    onTape: backUpExists && !isDirectory,
    ...unfinished,
  };
}

export type Found = Entry | (Failure & { failed: true });

/** As list(), but of the files nothing is asked. @param enters undefined: no directory below the given ones is entered */
export async function* entriesOf(
  store: RemoteStore,
  paths: readonly string[],
  enters: ((directory: string) => boolean) | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found, void, undefined> {
  for (const given of paths) {
    const path = given.replace(/^(?:\.\/)+|^\.$|\/+$/g, '');
    const components = path.split('/');
    if (components.some(isReserved)) continue;
    if (components.includes('..')) {
      yield failedItem(path, outside());
      continue;
    }
    try {
      const stat = await store.stat(path, signal);
      if (stat?.kind === 'directory') yield* descend(store, path, enters, signal);
      else yield { path, isDirectory: false };
    } catch (error) {
      signal?.throwIfAborted();
      yield failedItem(path, error);
    }
  }
}

async function* descend(
  store: RemoteStore,
  directory: string,
  enters: ((directory: string) => boolean) | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found, void, undefined> {
  const below: string[] = [];
  const long = new Set<string>();
  try {
    for await (const entry of store.list(directory, signal)) {
      const name = splitPath(entry.path)[1];
      if (isReserved(name)) continue;
      if (mayBeCut(name)) {
        if (long.has(name)) {
          // Which of them the name belongs to isn't known: the server is asked about it once, and both ways.
          yield failedItem(entry.path, listedTwice());
          if (entry.isDirectory && !below.includes(entry.path)) below.push(entry.path);
          continue;
        }
        long.add(name);
      }
      yield entry;
      if (entry.isDirectory && badName(entry) === undefined) below.push(entry.path);
    }
  } catch (error) {
    signal?.throwIfAborted();
    yield failedItem(directory, explained(error));
  }
  if (enters === undefined) return;
  for (const path of below) if (enters(path)) yield* descend(store, path, enters, signal);
}

/** XRootD sends a listing as lines. */
function explained(error: unknown): unknown {
  if (!(error instanceof XRootDError) || error.code !== 'InvalidResponse') return error;
  const cause =
    'perhaps a name in it has a newline, which no listing can carry: give it a new name on the server';
  return Object.assign(new Error(`${error.message}; ${cause}`), { code: error.code });
}

function notARecord(): Error {
  const message = 'neither a file nor a directory on the server: not opened';
  return Object.assign(new Error(message), { code: 'NotARecord' });
}

function absent(path: string): Error {
  const cut = mayBeCut(splitPath(path)[1]) ? `; ${CUT}` : '';
  return Object.assign(new Error(`the server has no such file or directory${cut}`), { code: 'NotFound' });
}

const CUT = `perhaps its name is longer: listings cut names to ${MAX_COMPONENT_BYTES} bytes. Give it a shorter one on the server, or ask for it by its whole name`;

function outside(): Error {
  return Object.assign(new Error(outsideText), { code: 'BadName' });
}

function listedTwice(): Error {
  const message = `the server lists this name twice; ${CUT}`;
  return Object.assign(new Error(message), { code: 'BadName' });
}

function failedItem(path: string, error: unknown): Failure & { failed: true } {
  return { ...failureOf(path === '' ? '.' : path, error), failed: true };
}
