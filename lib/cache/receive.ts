/**
 * Files that come from the server into a directory of ours: written under a temporary name, checked by the caller, and
 * only then given their name. Nothing outside the directory is written, whatever the server lists and whoever plants
 * symbolic links inside (S8).
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { named, splitPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import { openOrMake } from './make_directory.js';
import { receivingName } from './own_files.js';
import { discard, publish } from './publish.js';

export interface LocalFile {
  kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  size: number;
}

/** What has a name now; null for nothing. Symbolic links are `other`. @throws {CacheError} OutsideCache */
export async function lookAt(root: CacheDirectory, path: string): Promise<LocalFile | null> {
  const [parent, name] = splitPath(path);
  try {
    const directory = await root.openBeneath(parent);
    try {
      const stats = await named(directory, () => fs.lstat(directory.entry(name)));
      const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
      return { kind, size: stats.size };
    } finally {
      await directory.close();
    }
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Opens a regular file beneath a directory for reading, and closes it afterwards. */
export async function withFile<T>(
  root: CacheDirectory,
  path: string,
  use: (file: fs.FileHandle) => Promise<T>,
): Promise<T> {
  const [parent, name] = splitPath(path);
  const directory = await root.openBeneath(parent);
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await named(directory, () => fs.open(directory.entry(name), flags));
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  } finally {
    await directory.close();
  }
}

export interface FinishOptions {
  mtime: Date;
  /** Replace what has the name. */
  overwrite: boolean;
  /** Wait for the disk before the file gets its name, and for the name. */
  fsync: boolean;
}

export class ReceivedFile {
  readonly #directory: CacheDirectory;
  readonly #temporary: string;
  readonly #name: string;

  private constructor(directory: CacheDirectory, name: string) {
    this.#directory = directory;
    this.#name = name;
    this.#temporary = receivingName(name);
  }

  /**
   * Makes the directories that are missing, and takes away what an earlier try has left of this very file: nobody else
   * may be fetching it.
   * @throws {CacheError} OutsideCache; system errors
   */
  static async begin(root: CacheDirectory, path: string): Promise<ReceivedFile> {
    const [parent, name] = splitPath(path);
    const directory = await openOrMake(root, parent, false);
    const file = new ReceivedFile(directory, name);
    try {
      await discard(directory, file.#temporary);
    } catch (error) {
      await directory.close();
      throw error;
    }
    return file;
  }

  /** Absolute path of the temporary file, for whoever writes it; it doesn't exist yet. */
  get target(): string {
    return this.#directory.entry(this.#temporary);
  }

  /** Checks the bytes as they are on disk. */
  async check<T>(look: (file: fs.FileHandle) => Promise<T>): Promise<T> {
    return withFile(this.#directory, this.#temporary, look);
  }

  /** @throws {CacheError} AlreadyExists without `overwrite`; system errors. The temporary file is gone then. */
  async finish({ mtime, overwrite, fsync }: FinishOptions): Promise<void> {
    await this.check(async (file) => {
      await file.utimes(mtime, mtime);
      if (fsync) await file.sync();
    });
    await named(this.#directory, () =>
      publish(this.#directory, this.#temporary, this.#name, { overwrite, fsync }),
    );
  }

  /** Takes the temporary file away, if there is one, and ends. Always to be called. */
  async close(): Promise<void> {
    try {
      await discard(this.#directory, this.#temporary);
    } finally {
      await this.#directory.close();
    }
  }
}
