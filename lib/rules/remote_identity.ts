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

/** What a stat or a listing says of a file that is to be read. `id` is empty if it comes from a listing. */
export type ToldFile = Pick<RemoteIdentity, 'id' | 'size' | 'mtime'>;

/** `same` or `other`: compared with the file that stat saw. `unsure`: path and open file must be looked at again. */
export type OpenedAs = 'same' | 'other' | 'unsure';

/**
 * Is the opened file the one that an earlier stat of its path saw? The path may have named another file for a moment. Unless both
 * have identifiers, only sizes can be compared.
 * @param comparable does this server give an open file the same identifier as its path? EOS doesn't. Undefined: not known yet
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
