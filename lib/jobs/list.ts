/** What the server has: a listing with the tape flags of every file, which only a stat of its own tells. */
import { mapConcurrent } from './map_concurrent.js';
import type { Entry, RemoteStore } from '../remote/store.js';
import { failureOf } from './failure.js';
import type { Failure } from './report.js';

export interface RemoteEntry {
  /** Relative to the target's base. */
  path: string;
  isDirectory: boolean;
  /** Bytes. */
  size: number;
  mtime: Date;
  /** Readable now, without asking tape. */
  online: boolean;
  onTape: boolean;
}

export interface ListOptions {
  signal?: AbortSignal | undefined;
  /** Descend into directories. Default false. */
  recursive?: boolean | undefined;
  /** Which directories to enter when recursive. Default: all. */
  enters?: ((directory: string) => boolean) | undefined;
}

/** One that couldn't be listed or asked about is a Failure among the entries, not a shorter list. */
export type ListItem = RemoteEntry | (Failure & { failed: true });

/** @param paths files or directories, relative to the target's base; none: the base */
export async function* list(
  store: RemoteStore,
  paths: readonly string[],
  statsInFlight: number,
  { signal, recursive = false, enters = () => true }: ListOptions = {},
): AsyncGenerator<ListItem, void, undefined> {
  await store.ping(signal);
  const found = entriesOf(store, paths.length === 0 ? [''] : paths, recursive ? enters : undefined, signal);
  yield* mapConcurrent(found, statsInFlight, async (entry) => {
    if ('failed' in entry) return entry;
    try {
      const stat = await store.stat(entry.path, signal);
      if (stat === null) return failed(entry.path, new Error('gone before it was looked at'));
      const { kind, size, mtime, offline, backUpExists } = stat;
      const isDirectory = kind === 'directory';
      return {
        path: entry.path,
        isDirectory,
        size,
        mtime,
        online: !offline,
        onTape: backUpExists && !isDirectory,
      };
    } catch (error) {
      signal?.throwIfAborted();
      return failed(entry.path, error);
    }
  });
}

type Found = Entry | (Failure & { failed: true });

async function* entriesOf(
  store: RemoteStore,
  paths: readonly string[],
  enters: ((directory: string) => boolean) | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found, void, undefined> {
  for (const given of paths) {
    const path = given.replace(/^(?:\.\/)+|^\.$|\/+$/g, '');
    try {
      const stat = await store.stat(path, signal);
      if (stat === null) yield failed(path, new Error('the server has no such file or directory'));
      else if (stat.kind === 'directory') yield* descend(store, path, enters, signal);
      else yield { path, isDirectory: false };
    } catch (error) {
      signal?.throwIfAborted();
      yield failed(path, error);
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
  try {
    for await (const entry of store.list(directory, signal)) {
      yield entry;
      if (entry.isDirectory) below.push(entry.path);
    }
  } catch (error) {
    signal?.throwIfAborted();
    yield failed(directory, error);
  }
  if (enters === undefined) return;
  for (const path of below) if (enters(path)) yield* descend(store, path, enters, signal);
}

function failed(path: string, error: unknown): Failure & { failed: true } {
  return { ...failureOf(path === '' ? '.' : path, error), failed: true };
}
