/**
 * The cache as a stream of records.
 *
 * Memory holds one batch for each level of the tree, whatever the number of files; order is the file system's. Symbolic
 * links are never followed, nor are directories that become links while we walk (on Linux; see directory.ts).
 *
 * A file that is renamed while its directory is read may be listed twice or not at all (POSIX leaves that open): the
 * next pass sees it.
 */
import { opendir } from 'node:fs/promises';
import type { Dir } from 'node:fs';
import { BatchStat } from './batch_stat.js';
import { joinPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import { classify, isWanted, missingOrUnreadable, tooDeep, unreadable } from './walk_entry.js';
import type { EntryOptions, WalkEntry } from './walk_entry.js';

export type { CacheRecord, Leftover, Vanished, WalkEntry, WalkProblem } from './walk_entry.js';

export interface WalkOptions extends EntryOptions {
  signal?: AbortSignal;
  /** Most entries of one batch. Default 128. */
  batch?: number;
}

/** One entry at a time. Closes its directories when it is left early. @throws when the root can't be read; AbortError */
export async function* walk(root: CacheDirectory, options: WalkOptions = {}): AsyncGenerator<WalkEntry> {
  for await (const batch of walkBatches(root, options)) yield* batch;
}

/** The same by batches, which takes less time per entry. Never yields an empty batch. */
export async function* walkBatches(
  root: CacheDirectory,
  options: WalkOptions = {},
): AsyncGenerator<WalkEntry[]> {
  const names = await opendir(root.access, LISTING);
  yield* walkDirectory(root, names, new BatchStat(), options);
}

/** The paths of all records, in batches that may be empty. @throws as walk() */
export async function* recordPaths(
  root: CacheDirectory,
  signal: AbortSignal | undefined,
): AsyncGenerator<string[]> {
  for await (const batch of walkBatches(root, signal && { signal }))
    yield batch.flatMap((entry) => (entry.kind === 'record' ? [entry.path] : []));
}

/** Names come as latin1, one character for each byte: lossless, and far cheaper than a Buffer for each name. */
const LISTING = { encoding: 'latin1' as BufferEncoding, bufferSize: 512 };

async function* walkDirectory(
  directory: CacheDirectory,
  listing: Dir,
  batchStat: BatchStat,
  options: WalkOptions,
): AsyncGenerator<WalkEntry[]> {
  const most = options.batch ?? 128;
  try {
    for (let done = false; !done;) {
      options.signal?.throwIfAborted();
      const names: string[] = [];
      while (names.length < most) {
        const entry = await listing.read();
        done = entry === null;
        if (entry === null) break;
        if (entry.isDirectory() || isWanted(directory, entry.name, options)) names.push(entry.name);
      }
      const subdirectories: string[] = [];
      const entries: WalkEntry[] = [];
      const results = await batchStat.stat(directory.access, names);
      names.forEach((name, index) => {
        const result = results[index];
        if (result !== undefined) classify(directory, name, result, options, entries, subdirectories);
      });
      if (entries.length > 0) yield entries;
      for (const name of subdirectories) yield* descend(directory, name, batchStat, options);
    }
  } catch (error) {
    if (errnoCode(error) === undefined || options.signal?.aborted === true) throw error;
    yield [unreadable(directory.relative, error)];
  } finally {
    await listing.close();
  }
}

/** No path of 1,023 bytes has more. Each level holds two descriptors and a part of the stack. */
const MOST_LEVELS = 512;

export async function* descend(
  parent: CacheDirectory,
  name: string,
  batchStat: BatchStat,
  options: WalkOptions,
): AsyncGenerator<WalkEntry[]> {
  const path = joinPath(parent.relative, name);
  if (path.length > MOST_LEVELS && path.split('/').length > MOST_LEVELS) {
    yield [tooDeep(path)];
    return;
  }
  let directory: CacheDirectory;
  try {
    directory = await parent.openChild(name);
  } catch (error) {
    if (isSystemLostAndFound(parent, name, error)) return;
    yield [missingOrUnreadable(path, error)];
    return;
  }
  try {
    const listing = await opendir(directory.access, LISTING).catch((error: unknown) =>
      missingOrUnreadable(path, error),
    );
    if ('kind' in listing) yield [listing];
    else yield* walkDirectory(directory, listing, batchStat, options);
  } finally {
    await directory.close();
  }
}

/** The root of an ext file system has one that only root may read; it is the system's, not the facility's. */
function isSystemLostAndFound(parent: CacheDirectory, name: string, error: unknown): boolean {
  return parent.relative === '' && name === 'lost+found' && errnoCode(error) === 'EACCES';
}
