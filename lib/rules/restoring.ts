/** What a restore does with a record, given what already has its name in the restore directory. */

import { checksumText } from './checksum.js';
import { sameness, type ComparedBy } from './comparison.js';
import type { KnownComparison } from './known_record.js';

export interface RestoreFacts {
  /** Null: nothing. `other` is anything that is neither: a symbolic link too, which is never followed (S8). */
  local: { kind: 'file' | 'directory' | 'other'; size: number } | null;
  remote: { size: number };
  /** Undefined: only sizes have been compared so far, and that is not enough. A check that failed is an error. */
  compared: { same: boolean; by: ComparedBy } | undefined;
  /** The local file with the catalogue's checksum; undefined: that wasn't compared, or there is none. */
  known?: KnownComparison | undefined;
  /** Files that differ are replaced; nothing else ever is. */
  overwrite: boolean;
}

export type RestoreDecision =
  | { action: 'fetch' }
  /** Once it is here and verified, it takes the place of the file that differs. */
  | { action: 'replace' }
  | { action: 'skip' | 'conflict'; reason: string }
  /** The server's file isn't the record that the catalogue knows. */
  | { action: 'lost'; reason: string }
  /** Compare checksums and ask again; only files of one size and at least one byte need it. */
  | { ask: 'checksum' };

/** Pure. The answer to `ask` always leads to an action. */
export function decideRestore({ local, remote, compared, known, overwrite }: RestoreFacts): RestoreDecision {
  if (local === null) return { action: 'fetch' };
  if (local.kind === 'directory') return conflict('a directory stands in its place');
  if (local.kind === 'other') return conflict('something that is no regular file stands in its place');
  if (local.size !== remote.size)
    return overwrite
      ? { action: 'replace' }
      : conflict(`a file of ${local.size} bytes stands in its place, the remote one has ${remote.size}`);
  // There is only one file without bytes, and some servers have no checksum for it.
  if (remote.size === 0) return { action: 'skip', reason: 'already here, identical' };
  if (compared === undefined) return { ask: 'checksum' };
  // Both can't be right: what is here stays as it is, and nothing is fetched.
  if (known !== undefined && known.same !== compared.same)
    return { action: 'lost', reason: otherBytes(known) };
  if (compared.same) return { action: 'skip', reason: `already here, ${sameness(compared.by)}` };
  return overwrite
    ? { action: 'replace' }
    : conflict('a file of the same size and other bytes stands in its place');
}

function otherBytes({ same, here, catalogue }: KnownComparison): string {
  if (same)
    return `the file that is here has ${checksumText(here)}, as the catalogue says; the server has other bytes`;
  return `the file that is here has ${checksumText(here)}, as the server has it; the catalogue says ${checksumText(catalogue)}`;
}

function conflict(reason: string): RestoreDecision {
  return { action: 'conflict', reason };
}

/**
 * Why a file on the server isn't restored as a record: its upload isn't finished. Undefined: nothing says so.
 * @param cached the record of that name in the cache; null: there is none
 */
export function unfinishedUpload(
  remote: { size: number; poscPending?: boolean },
  cached: { size: number } | null,
): string | undefined {
  if (cached !== null && cached.size > remote.size)
    return `the record is still in the cache with ${cached.size} bytes, the server has ${remote.size} of them: its upload isn't finished`;
  if (remote.poscPending === true) return "its upload isn't finished: the server waits for its end (posc)";
  return undefined;
}
