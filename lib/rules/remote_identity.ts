/** What makes a remote file the one that was seen before (S1, S4). */
import type { RemoteFile } from './remote_state.js';

export interface RemoteIdentity extends Pick<RemoteFile, 'size' | 'kind'> {
  /** The server's identifier of the file; empty if it gives none. */
  id: string;
  /** Whole seconds. */
  mtime: Date;
}

/**
 * The same file, and nothing about it changed, as far as a stat tells: times are whole seconds there. The flags of tape and of the
 * disk buffer may have changed.
 */
export function sameRemote(a: RemoteIdentity, b: RemoteIdentity): boolean {
  return (
    a.id === b.id &&
    a.kind === b.kind &&
    a.size === b.size &&
    // Times that no Date holds are equal to themselves only.
    Object.is(a.mtime.getTime(), b.mtime.getTime())
  );
}
