/** The last that is asked of the server before a file goes: that file is captured already, and goes at once (S1, S13). */
import type { RemoteStat, RemoteStore } from '../remote/store.js';
import type { Identity } from '../rules/identity.js';
import { sameRemote } from '../rules/remote_identity.js';
import { isSamePlace } from '../rules/same_storage.js';

export interface LastLookContext {
  store: Pick<RemoteStore, 'stat'>;
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

/** One file is its own copy, by a hard link or a link on the server. */
class SameFileError extends Error {
  readonly code = 'SharedStorage';

  constructor(path: string) {
    super(`the file on the server is this very file (the same inode): ${path} has no second copy, and stays`);
  }
}

/**
 * Why the file must stay; undefined if its remote copy still is what was compared.
 * @throws what asking throws, and if both are one file: it then stays, too (S11)
 */
export async function lastLook(
  { path, identity, remote, onTape }: Compared,
  { store, signal }: LastLookContext,
): Promise<string | undefined> {
  const now = await store.stat(path, signal);
  if (now === null || !sameRemote(remote, now) || (onTape && !now.backUpExists)) return REMOTE_CHANGED;
  if (Number(identity.size) === now.size && isSamePlace(identity, now)) throw new SameFileError(path);
  return undefined;
}
