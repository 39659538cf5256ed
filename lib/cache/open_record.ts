/** A record opened for reading: the very file that the walk saw, and nothing outside the cache (S8). */
import * as fs from 'node:fs';
import nativeAttributes from 'fs-native-extensions';
import { identityOf, sameIdentity, type Identity } from '../rules/identity.js';
import { countedPutChecksum, PUT_ATTRIBUTE, type PutChecksum } from '../rules/put_checksum.js';
import { DESCRIPTORS, named, splitPath } from './directory.js';
import { errnoCode } from './errors.js';
import type { OpenDirectories } from './open_directories.js';

/**
 * Opening, checking and closing are synchronous: the walk has just looked at the record, so the local disk answers from memory,
 * faster than another thread could.
 */
export interface OpenRecord {
  /** Relative to the cache. */
  readonly path: string;
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
  /**
   * The checksum of the bytes that were put, if put() kept one with the file, and nobody has changed the file since.
   * @throws EIO
   */
  putChecksum(): PutChecksum | undefined;
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
  const putChecksum = () => countedPutChecksum(attributeOf(fd), identity);
  return { path, fd, source, identity, mode, isUnchanged, putChecksum, close };
}

/** Most file systems that have no extended attributes say ENOTSUP; whatever they say, there is none. */
function attributeOf(fd: number): string | undefined {
  try {
    return nativeAttributes.getAttrSync(fd, PUT_ATTRIBUTE)?.toString('latin1');
  } catch (error) {
    // The disk has it, but can't read it: what it is can't be known (S11).
    if (errnoCode(error) === 'EIO') throw error;
    return undefined;
  }
}
