/** A record held by a descriptor: what is read is the very file that the walk saw, wherever its name leads now. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { identityOf, sameIdentity, type Identity } from '../rules/identity.js';
import { DESCRIPTORS, named, splitPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';

export class OpenRecord {
  readonly #handle: fs.FileHandle;
  readonly identity: Identity;
  /** Absolute path by which this file can be read while the record is open: on Linux the descriptor's own. */
  readonly source: string;

  constructor(handle: fs.FileHandle, identity: Identity, absolute: string) {
    this.#handle = handle;
    this.identity = identity;
    this.source = DESCRIPTORS === undefined ? absolute : `${DESCRIPTORS}/${handle.fd}`;
  }

  get handle(): fs.FileHandle {
    return this.#handle;
  }

  /** Did nothing about the file change since it was opened? Its name doesn't count here: captureAndRemove() looks. */
  async isUnchanged(): Promise<boolean> {
    return sameIdentity(this.identity, identityOf(await this.#handle.stat({ bigint: true })));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

export type OpenResult = OpenRecord | 'vanished' | 'changed';

/**
 * Opens a record if it still is the file that was seen. Symbolic links are not followed (S8).
 * @throws errors of the file system (EACCES, EIO, …), CacheError OutsideCache
 */
export async function openRecord(root: CacheDirectory, path: string, seen: Identity): Promise<OpenResult> {
  const [parent, name] = splitPath(path);
  let handle: fs.FileHandle;
  let absolute: string;
  try {
    const directory = await root.openBeneath(parent);
    try {
      absolute = `${directory.real}/${name}`;
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      handle = await named(directory, () => fs.open(directory.entry(name), flags));
    } finally {
      await directory.close();
    }
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return 'vanished';
    if (errnoCode(error) === 'ELOOP' || errnoCode(error) === 'ENXIO') return 'changed';
    throw error;
  }
  const identity = identityOf(await handle.stat({ bigint: true }));
  if (sameIdentity(identity, seen)) return new OpenRecord(handle, identity, absolute);
  await handle.close();
  return 'changed';
}
