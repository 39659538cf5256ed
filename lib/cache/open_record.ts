/** A record opened for reading: the very file that the walk saw, and nothing outside the cache (S8). */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { identityOf, sameIdentity, type Identity } from '../rules/identity.js';
import { DESCRIPTORS, named, splitPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';

export interface OpenRecord {
  /** For checksums of a descriptor. */
  readonly fd: number;
  /**
   * For libXrdCl as a source, while this is open: `/proc/self/fd/N` on Linux, which leads to this file whatever
   * happens to its name and its directories, and never contains a `?`. Elsewhere the absolute path.
   */
  readonly source: string;
  readonly identity: Identity;
  /** Is it still the same, unchanged since the walk saw it (S3)? Ask after a copy or a checksum. */
  isUnchanged(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * @returns `changed` if something else is there now, `vanished` if nothing is
 * @throws EACCES, EIO, …; CacheError OutsideCache
 */
export async function openRecord(
  root: CacheDirectory,
  path: string,
  identity: Identity,
): Promise<OpenRecord | 'changed' | 'vanished'> {
  const [parent, name] = splitPath(path);
  let file: fs.FileHandle;
  let absolute: string;
  try {
    const directory = await root.openBeneath(parent);
    try {
      absolute = `${directory.real}/${name}`;
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      file = await named(directory, () => fs.open(directory.entry(name), flags));
    } finally {
      await directory.close();
    }
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return 'vanished';
    if (code === 'ELOOP' || code === 'ENXIO') return 'changed';
    throw error;
  }
  const isUnchanged = async (): Promise<boolean> =>
    sameIdentity(identityOf(await file.stat({ bigint: true })), identity);
  try {
    if (!(await isUnchanged())) {
      await file.close();
      return 'changed';
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  const source = DESCRIPTORS === undefined ? absolute : `${DESCRIPTORS}/${file.fd}`;
  return { fd: file.fd, source, identity, isUnchanged, close: () => file.close() };
}
