/**
 * Files that come from the server into a directory of ours: written under a temporary name, checked, and only then given
 * their name. Nothing outside the directory is written, whatever the server lists and whoever plants symbolic links (S8).
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
  /** Another file that takes its place later has another version. */
  version: string;
}

/**
 * The file that has a name now; null for none. Symbolic links are `other`. In a directory that we made we don't look: files
 * that others have put there since are noticed when ours gets its name.
 */
export async function standingFile(directory: CacheDirectory, name: string): Promise<LocalFile | null> {
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

export interface IncomingOptions {
  /** A number: microseconds since the epoch. If it is an invalid Date, the file keeps the time at which it was written. */
  mtime: Date | number;
  /** Permission bits; undefined: as the file was made. */
  mode?: number | undefined;
  /** The version of the file that is to be replaced; undefined: replace nothing. */
  overwrite: string | undefined;
  /** Wait for the disk before the file gets its name, and for the name. */
  fsync: boolean;
}

/** A file that comes into a directory under a temporary name, always the same one for a file of this name. */
export class IncomingFile {
  readonly #directory: CacheDirectory;
  readonly #name: string;
  readonly #temporary: string;
  readonly #options: IncomingOptions;
  #made: string | undefined;
  /** The download has ended well; one that failed has removed what it made. */
  #hasCome = false;
  #cleared: fs.FileHandle | undefined;
  #handedOn = false;

  constructor(directory: CacheDirectory, name: string, options: IncomingOptions) {
    this.#directory = directory;
    this.#name = name;
    this.#temporary = receivingName(name);
    this.#options = options;
  }

  /** The path to write to. */
  get target(): string {
    return this.#directory.entry(this.#temporary);
  }

  /**
   * Removes what has the temporary name already. It stays open until the end, and so long its inode number is no other file's: who is
   * still at work on it, from a directory above or below and so under another lock, doesn't take ours for his.
   */
  async clear(): Promise<void> {
    await named(this.#directory, async () => {
      this.#cleared = await openToClear(this.target);
      const left = await this.#cleared?.stat({ bigint: true });
      await discard(this.#directory, this.#temporary, left && `${left.dev}:${left.ino}`);
      // It takes no room any more, unless somebody has given it another name.
      if ((await this.#cleared?.stat())?.nlink === 0) await this.#cleared?.truncate();
    });
  }

  /** @param made `device:inode` of what has come, where that is known: only that is published, or discarded */
  came(made: string | undefined): void {
    this.#made = made;
    this.#hasCome = true;
  }

  /** Opens what has come, and closes it afterwards. */
  use<T>(task: (file: fs.FileHandle) => Promise<T>): Promise<T> {
    return withFile(this.#directory, this.#temporary, task);
  }

  /** @throws {CacheError} AlreadyExists when something else has the name, and nothing of the file stays; Superseded when
   * another process has taken its place; OutsideCache when its directory was moved; Displaced; system errors */
  async publish(): Promise<void> {
    const { mtime, ...options } = this.#options;
    this.#directory.checkPlace();
    const known = Number.isNaN(mtime.valueOf()) ? undefined : mtime;
    // From here on publish() discards it, if it is still ours.
    this.#handedOn = true;
    await named(this.#directory, () =>
      publish(this.#directory, this.#temporary, this.#name, { ...options, mtime: known, made: this.#made }),
    );
  }

  /** Removes the temporary file, unless publish() was called. */
  async end(): Promise<void> {
    try {
      if (this.#hasCome && !this.#handedOn) await discard(this.#directory, this.#temporary, this.#made);
    } finally {
      await this.#cleared?.close();
    }
  }
}

/** Undefined for what nobody can be writing to: it isn't there, isn't ours to open, or is no file. */
async function openToClear(path: string): Promise<fs.FileHandle | undefined> {
  try {
    return await fs.open(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = errnoCode(error);
    if (code === undefined || !NOT_TO_OPEN.has(code)) throw error;
    return undefined;
  }
}

const NOT_TO_OPEN = new Set(['ENOENT', 'EACCES', 'EPERM', 'ELOOP', 'EISDIR', 'ENXIO', 'ETXTBSY']);
