/**
 * Directories of the cache, held by a descriptor, so that nobody can swap them for symbolic links under us (S8).
 *
 * On Linux names are looked up through `/proc/self/fd/N`, which means what openat() means: in that very directory,
 * wherever it has been moved to. Where /proc isn't there (macOS), names are looked up by path, and that the path leads
 * to the same directory is only checked when it is opened.
 */
import { constants, existsSync, readlinkSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { CacheError, errnoCode } from './errors.js';

const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Where open descriptors are looked up by path; undefined on systems that have no such place. */
export const DESCRIPTORS =
  process.platform === 'linux' && existsSync('/proc/self/fd') ? '/proc/self/fd' : undefined;

export class CacheDirectory {
  readonly #handle: fs.FileHandle;
  /** Relative to the cache; empty for its root. */
  readonly relative: string;
  /** For calls that take a path: this directory, as long as it isn't closed. */
  readonly access: string;
  /** Absolute, without symbolic links, as it was when opened. */
  readonly real: string;
  /** This process made it when it opened it: whatever it holds was put there since. */
  readonly isNew: boolean;

  private constructor(handle: fs.FileHandle, relative: string, real: string, isNew = false) {
    this.isNew = isNew;
    this.#handle = handle;
    this.relative = relative;
    this.real = real;
    this.access = DESCRIPTORS === undefined ? real : `${DESCRIPTORS}/${handle.fd}`;
  }

  /** The cache's root; here alone a symbolic link is allowed: the operator named it. */
  static async openRoot(cacheDirectory: string): Promise<CacheDirectory> {
    const real = await fs.realpath(cacheDirectory);
    return new CacheDirectory(await fs.open(real, OPEN_DIRECTORY), '', real);
  }

  /** @throws {CacheError} OutsideCache if `name` is a symbolic link or no directory; ENOENT, EACCES, … as they are */
  async openChild(name: string, isNew = false): Promise<CacheDirectory> {
    const relative = joinPath(this.relative, name);
    const handle = await this.#open(name, relative);
    return new CacheDirectory(handle, relative, `${this.real === '/' ? '' : this.real}/${name}`, isNew);
  }

  /** Opens a directory further down in one call, and checks that no link led elsewhere. Errors as for openChild(). */
  async openBeneath(relative: string): Promise<CacheDirectory> {
    if (relative === '') return CacheDirectory.openRoot(this.real);
    const expected = `${this.real === '/' ? '' : this.real}/${relative}`;
    const inside = joinPath(this.relative, relative);
    const handle = await this.#open(relative, inside);
    try {
      const found =
        DESCRIPTORS === undefined
          ? await fs.realpath(expected)
          : await fs.readlink(`${DESCRIPTORS}/${handle.fd}`);
      if (found === `${expected} (deleted)`) throw removed(expected);
      if (found !== expected) throw outside(inside);
      return new CacheDirectory(handle, inside, expected);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #open(name: string, relative: string): Promise<fs.FileHandle> {
    try {
      return await named(this, () => fs.open(this.entry(name), OPEN_DIRECTORY));
    } catch (error) {
      const code = errnoCode(error);
      throw code === 'ELOOP' || code === 'ENOTDIR' ? outside(relative, error) : error;
    }
  }

  /** Path of an entry for system calls, valid while this directory is open. */
  entry(name: string): string {
    return `${this.access}/${name}`;
  }

  get fd(): number {
    return this.#handle.fd;
  }

  /**
   * Others may have moved it since it was opened, or put a link in its place: what gets a name in it then isn't where it is said to be.
   * Where /proc isn't there, nobody can tell. It asks no disk.
   * @throws {CacheError} OutsideCache; ENOENT if it was removed
   */
  checkPlace(): void {
    if (DESCRIPTORS === undefined) return;
    const found = readlinkSync(this.access);
    if (found === this.real) return;
    if (found === `${this.real} (deleted)`) throw removed(this.real);
    const path = this.relative === '' ? '.' : this.relative;
    throw new CacheError(
      'OutsideCache',
      path,
      `${this.real} was moved while it was worked in: it is ${found} now`,
    );
  }

  /** Makes new and removed names durable. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Runs a call on entries of a directory; its errors name the paths that people know. */
export async function named<T>(directory: CacheDirectory, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && errnoCode(error) !== undefined) renamePaths(error, directory);
    throw error;
  }
}

function renamePaths(
  error: NodeJS.ErrnoException & { dest?: string },
  { access, real }: CacheDirectory,
): void {
  const rename = (text: string): string => text.replaceAll(`${access}/`, `${real === '/' ? '' : real}/`);
  error.message = rename(error.message);
  if (error.path !== undefined) error.path = rename(error.path);
  if (error.dest !== undefined) error.dest = rename(error.dest);
}

export function joinPath(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** `a/b/c` → `['a/b', 'c']`; `c` → `['', 'c']`. */
export function splitPath(relative: string): [directory: string, name: string] {
  const slash = relative.lastIndexOf('/');
  return slash < 0 ? ['', relative] : [relative.slice(0, slash), relative.slice(slash + 1)];
}

function outside(relative: string, cause?: unknown): CacheError {
  return new CacheError(
    'OutsideCache',
    relative,
    `${relative} is reached through a symbolic link or something that is no directory; links are not followed`,
    { cause },
  );
}

function removed(path: string): Error {
  return Object.assign(new Error(`${path} was removed`), { code: 'ENOENT' });
}
