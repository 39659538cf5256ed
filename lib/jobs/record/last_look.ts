/** The last question to the server before a local file is removed; the file is captured by then (S1, S13). */
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import type { Identity } from '../../rules/identity.js';
import { sameRemote } from '../../rules/remote_identity.js';
import { isSamePlace } from '../../rules/same_storage.js';
import { SameFileError } from '../separation/same_file_error.js';

export interface LastLookContext {
  store: Pick<RemoteStore, 'stat'>;
  /** The server may know a disk of ours by another device number. */
  anyDevice: boolean;
  signal?: AbortSignal | undefined;
}

/** Comparing may have taken hours. */
export const REMOTE_CHANGED = 'changed on the server while it was worked on';

export interface Compared {
  path: string;
  identity: Identity;
  /** The stat of the remote file that was compared. */
  remote: RemoteStat;
  /** A copy on tape is why the file may go. */
  onTape: boolean;
}

/**
 * Why the file must stay; undefined if its remote copy still is what was compared.
 * @throws what asking throws, and if both are one file: it then stays, too (S11)
 */
export async function lastLook(
  { path, identity, remote, onTape }: Compared,
  { store, anyDevice, signal }: LastLookContext,
): Promise<string | undefined> {
  const now = await store.stat(path, signal);
  if (now === null || !sameRemote(remote, now) || (onTape && !now.backUpExists)) return REMOTE_CHANGED;
  if (Number(identity.size) === now.size && isSamePlace(identity, now, anyDevice))
    throw new SameFileError(path);
  return undefined;
}
