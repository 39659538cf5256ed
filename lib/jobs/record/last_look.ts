/** The last question to the server before a local file is removed; the file is captured by then (S1, S13). */
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import type { Identity } from '../../rules/identity.js';
import { sameRemote } from '../../rules/remote_identity.js';
import { isSamePlace } from '../../rules/same_storage.js';
import { SameFileError } from '../separation/same_file_error.js';

export interface LastLookContext {
  store: Pick<RemoteStore, 'stat' | 'differing'>;
  /** The server may have another device number for one of our disks. */
  anyDevice: boolean;
  signal?: AbortSignal | undefined;
}

/** The reason to keep a file: comparing may have taken hours. */
export const REMOTE_CHANGED = 'changed on the server while it was worked on';

/** The reason to keep a file: its stat, its checksum and its tape copy may be of one file each. */
export const DIFFERENT_FILES = 'several data servers have different files of this name';

export interface Compared {
  path: string;
  identity: Identity;
  /** The stat of the remote file that was compared. */
  remote: RemoteStat;
  /** The file may be removed because of its copy on tape. */
  onTape: boolean;
}

/**
 * Why the file must stay; undefined if its remote copy still is what was compared.
 * @throws what the stat throws, and {SameFileError}: then the file stays, too (S11)
 */
export async function lastLook(
  { path, identity, remote, onTape }: Compared,
  { store, anyDevice, signal }: LastLookContext,
): Promise<string | undefined> {
  if ((await store.differing(path, signal)).length > 0) return DIFFERENT_FILES;
  const now = await store.stat(path, signal);
  if (now === null || !sameRemote(remote, now) || (onTape && !now.backUpExists)) return REMOTE_CHANGED;
  if (Number(identity.size) === now.size && isSamePlace(identity, now, anyDevice))
    throw new SameFileError(path);
  return undefined;
}
