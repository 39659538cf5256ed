/** A record opened for reading: the very file that the walk saw, and nothing outside the cache (S8). */
import * as fs from 'node:fs';
import { identityOf, sameIdentity, type Identity } from '../rules/identity.js';
import { DESCRIPTORS, named, splitPath } from './directory.js';
import { errnoCode } from './errors.js';
import type { OpenDirectories } from './open_directories.js';

/**
 * Opening, checking and closing are synchronous: the walk has just looked at the record, so the local disk answers from memory,
 * faster than another thread could.
 */
export interface OpenRecord {
  /** For checksums of a descriptor. */
  readonly fd: number;
  /**
   * For libXrdCl as a source, while this is open: `/proc/self/fd/N` on Linux, which leads to this file whatever
   * happens to its name and its directories, and never contains a `?`. Elsewhere the absolute path.
   */
  readonly source: string;
  readonly identity: Identity;
  /** Permission bits. */
  readonly mode: number;
  /** Is it still the same, unchanged since the walk saw it (S3)? Ask after a copy or a checksum. */
  isUnchanged(): boolean;
  close(): void;
}

/**
 * @returns `changed` if something else is there now, `vanished` if nothing is
 * @throws EACCES, EIO, …; CacheError OutsideCache
 */
export async function openRecord(
  directories: OpenDirectories,
  path: string,
  identity: Identity,
): Promise<OpenRecord | 'changed' | 'vanished'> {
  const [parent, name] = splitPath(path);
  let fd: number;
  let absolute: string;
  try {
    [fd, absolute] = await directories.use(parent, false, async (directory) => {
      const flags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
      const opened = await named(directory, () => fs.openSync(directory.entry(name), flags));
      return [opened, `${directory.real}/${name}`];
    });
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return 'vanished';
    if (code === 'ELOOP' || code === 'ENXIO') return 'changed';
    throw error;
  }
  const stat = () => fs.fstatSync(fd, { bigint: true });
  const isUnchanged = () => sameIdentity(identityOf(stat()), identity);
  const close = () => {
    fs.closeSync(fd);
  };
  let mode: number;
  try {
    const opened = stat();
    if (!sameIdentity(identityOf(opened), identity)) {
      close();
      return 'changed';
    }
    mode = Number(opened.mode & 0o7777n);
  } catch (error) {
    close();
    throw error;
  }
  const source = DESCRIPTORS === undefined ? absolute : `${DESCRIPTORS}/${fd}`;
  return { fd, source, identity, mode, isUnchanged, close };
}
