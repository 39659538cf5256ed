/**
 * Directories beneath a root, each opened once for many files: opening a directory takes several system calls, more than all
 * else that a small file needs.
 */
import type { CacheDirectory } from './directory.js';
import { openOrMake } from './make_directory.js';

/** While more directories than this are open, those that nobody uses are closed. */
const mostKeptOpen = 16;

interface Entry {
  opening: Promise<CacheDirectory>;
  make: boolean;
  users: number;
}

export class OpenDirectories {
  readonly #root: CacheDirectory;
  readonly #durable: boolean;
  readonly #entries = new Map<string, Entry>();

  /** @param durable after making a directory, wait until its name is on the disk */
  constructor(root: CacheDirectory, durable = false) {
    this.#root = root;
    this.#durable = durable;
  }

  /**
   * @param make make directories that are missing; else ENOENT is thrown
   * @throws what the task throws; {CacheError} OutsideCache; system errors
   */
  async use<T>(path: string, make: boolean, task: (directory: CacheDirectory) => Promise<T>): Promise<T> {
    const { directory, release } = await this.take(path, make);
    try {
      return await task(directory);
    } finally {
      await release();
    }
  }

  /** As use(), for callers that release the directory themselves. */
  async take(
    path: string,
    make: boolean,
  ): Promise<{ directory: CacheDirectory; release: () => Promise<void> }> {
    const entry = this.#entries.get(path) ?? this.#open(path, make);
    entry.users += 1;
    const release = async () => {
      entry.users -= 1;
      await this.#closeIdle(mostKeptOpen);
    };
    try {
      return { directory: await entry.opening, release };
    } catch (error) {
      await release();
      // Somebody else has opened it without making it, and it was missing.
      if (make && !entry.make) return await this.take(path, make);
      throw error;
    }
  }

  #open(path: string, make: boolean): Entry {
    const opening = make ? openOrMake(this.#root, path, this.#durable) : this.#root.openBeneath(path);
    const entry = { opening, make, users: 0 };
    this.#entries.set(path, entry);
    opening.catch(() => {
      if (this.#entries.get(path) === entry) this.#entries.delete(path);
    });
    return entry;
  }

  /** Closes those that were opened first. */
  async #closeIdle(most: number): Promise<void> {
    if (this.#entries.size <= most) return;
    for (const [path, entry] of this.#entries) {
      if (entry.users > 0) continue;
      this.#entries.delete(path);
      await (await entry.opening).close();
      if (this.#entries.size <= most) return;
    }
  }

  /** Call it when nobody uses any of them any more. */
  async close(): Promise<void> {
    await this.#closeIdle(0);
  }
}
