/** What makes a remote file the one that was seen before (S1, S4). */
import type { RemoteFile } from './remote_state.js';

export interface RemoteIdentity extends Pick<RemoteFile, 'size' | 'kind'> {
  /** The server's identifier of the file; empty if it gives none. */
  id: string;
  /** Whole seconds. */
  mtime: Date;
}

/**
 * The same file, and nothing about it changed, as far as a stat tells: times are whole seconds there. The flags of tape and of
 * the disk buffer may have changed.
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

/** What a stat or a listing said of a file that is to be read; a listing gives no `id`, which is then empty. */
export type ToldFile = Pick<RemoteIdentity, 'id' | 'size' | 'mtime'>;

/** `same`, `other`: compared with the file of the stat. `unsure`: only another look at the path and the open file tells. */
export type OpenedAs = 'same' | 'other' | 'unsure';

/**
 * Is the file that was opened at a path the one that a stat of the path described? For a moment another file may have been
 * there. If one of them has no identifier, only sizes can be compared.
 * @param comparable does an open file have the identifier of its path on this server? Not on EOS. Undefined: nobody knows yet
 */
export function openedAs(opened: ToldFile, told: ToldFile, comparable: boolean | undefined): OpenedAs {
  if (opened.size !== told.size) return 'other';
  if (!identifies(opened.id) || !identifies(told.id)) return 'same';
  if (opened.id === told.id)
    return Object.is(opened.mtime.getTime(), told.mtime.getTime()) ? 'same' : 'other';
  if (comparable === undefined) return 'unsure';
  return comparable ? 'other' : 'same';
}

/** Servers that give no identifiers send nothing, or 0. */
export function identifies(id: string): boolean {
  return id !== '' && id !== '0';
}
