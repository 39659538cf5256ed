/**
 * Files that come from the server into a directory of ours: written under a temporary name, checked by the caller, and
 * only then given their name. Nothing outside the directory is written, whatever the server lists and whoever plants
 * symbolic links inside (S8).
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { versionOfFile } from '../posix/index.js';
import { named, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import { receivingName } from './own_files.js';
import { discard, publish } from './publish.js';

export interface LocalFile {
  kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  size: number;
  /** Tells it from what takes its place later. */
  version: string;
}

/**
 * What has a name now; null for nothing. Symbolic links are `other`. A directory of our own making isn't asked: what
 * others put there meanwhile is met when a file gets its name.
 */
export async function lookAt(directory: CacheDirectory, name: string): Promise<LocalFile | null> {
  if (directory.isNew) return null;
  try {
    const stats = await named(directory, () => fs.lstat(directory.entry(name), { bigint: true }));
    const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
    return { kind, size: Number(stats.size), version: versionOfFile(stats) };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Opens a regular file for reading, and closes it afterwards. */
export async function withFile<T>(
  directory: CacheDirectory,
  name: string,
  use: (file: fs.FileHandle) => Promise<T>,
): Promise<T> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await named(directory, () => fs.open(directory.entry(name), flags));
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

export interface ReceiveFileOptions<T> {
  /** Writes the temporary file. */
  fetch: (target: string) => Promise<T>;
  /** Looks at it as it is on disk; what it throws is the end of the file. */
  check: (temporary: string, fetched: T) => Promise<void>;
  /** One that no Date holds leaves the file with the time at which it was written. */
  mtime: Date;
  /** The version of the file that is to be replaced; undefined: nothing is. */
  overwrite: string | undefined;
  /** Wait for the disk before the file gets its name, and for the name. */
  fsync: boolean;
}

/**
 * @throws {CacheError} AlreadyExists when something else has the name; what `fetch` and `check` throw; system errors. Nothing of the
 * file stays then.
 */
export async function receiveFile<T>(
  directory: CacheDirectory,
  name: string,
  { fetch, check, mtime, ...options }: ReceiveFileOptions<T>,
): Promise<void> {
  const temporary = receivingName(name);
  try {
    await check(temporary, await fetch(directory.entry(temporary)));
  } catch (error) {
    await discard(directory, temporary);
    throw error;
  }
  const known = Number.isNaN(mtime.getTime()) ? undefined : mtime;
  await named(directory, () => publish(directory, temporary, name, { ...options, mtime: known }));
}
