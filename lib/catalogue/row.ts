/** What the catalogue knows of one record. Times are milliseconds since the epoch, by this machine's clock; null: not known, or not so. */
import type { Checksum } from '../rules/checksum.js';

/** Where the checksums come from: ingest's `put`, the local bytes as a pass read them, or only the server's word. */
export type ChecksumSource = 'put' | 'read' | 'server';

/** What allowed the local file to go: the state that `auto_remove` asked for. */
export type RemovalRule = 'cached' | 'backed_up';

/** What is known of a record's bytes and of the file that held them. */
export interface RecordFacts {
  /** Relative to the target's base. */
  path: string;
  /** Bytes. */
  size: number;
  /** The record's own modification time in microseconds since the epoch; null: only the server's time was known. */
  mtime: number | null;
  /** Permission bits. */
  mode: number | null;
  /** At most one of each type. */
  checksums: readonly Checksum[];
  /** Where the checksums come from. */
  source: ChecksumSource;
  /** The server's modification time of the copy that was compared, in milliseconds. */
  remoteMtime: number | null;
}

/** A record as the catalogue keeps it. Times are milliseconds since the epoch, by this machine's clock, unless they say otherwise; null: not known, or not so. */
export interface CatalogueRow extends RecordFacts {
  /** A pass copied it. */
  copied: number | null;
  /** Last compared with the server's copy by a pass, and identical. */
  compared: number | null;
  /** First seen on tape. */
  onTape: number | null;
  /** Removing the local file was allowed. The file may still be there: see `removed`. */
  removing: number | null;
  /** The local file was removed. Null after a crash between the removal and this note. */
  removed: number | null;
  /** What allowed the removal. */
  rule: RemovalRule | null;
  /** Retention removed the online file. */
  onlineRemoved: number | null;
  /** The server was last asked about it after it had left the cache. */
  followed: number | null;
  /** The server was found to have it no longer, or with other bytes; until it is forgotten or found again. */
  lost: number | null;
  /** In words. */
  loss: string | null;
  /** Last compared with the server by `verify --catalogue`. */
  audited: number | null;
  /** `ok`, or what was wrong. */
  audit: string | null;
}

/** A row that was taken out, and why. */
export interface ForgottenRow {
  path: string;
  at: number;
  reason: string;
  row: CatalogueRow;
}

/** Why a row was taken out when another record, with other bytes, was archived under its name, and its own local file was still known. */
export const REPLACED = 'another record was archived under its name';

/**
 * The same, but its local file had gone: the server's copy was the only one, and is no longer there. It counts as lost until somebody
 * takes that out (`catalogue forget`), which gives it another reason.
 */
export const REPLACED_LOST = 'LOST: another record was archived under its name after its local file had gone';

/** What was known of a record of which replacedLosses() tells: lost, in words. */
export function replacedRow({ at, reason, row }: ForgottenRow): CatalogueRow {
  return { ...row, lost: row.lost ?? at, loss: row.loss ?? reason };
}

/** `in_cache`: the local file hasn't gone, and tape isn't known to have it. `waiting`: it has gone, and tape isn't known to have it. */
export type RowState = 'in_cache' | 'waiting' | 'on_tape' | 'lost';

export const ROW_STATES: readonly RowState[] = ['in_cache', 'waiting', 'on_tape', 'lost'];

export function stateOf({ lost, onTape, removing }: CatalogueRow): RowState {
  if (lost !== null) return 'lost';
  if (onTape !== null) return 'on_tape';
  return removing === null ? 'in_cache' : 'waiting';
}

/** `adler32:0a1b2c3d crc32c:…` */
export function checksumsText(checksums: readonly Checksum[]): string {
  return checksums.map(({ type, value }) => `${type}:${value}`).join(' ');
}

export function parseChecksums(text: string): Checksum[] {
  const checksums: Checksum[] = [];
  for (const each of text.split(' ')) {
    if (each === '') continue;
    // What somebody has spoilt stays to be seen; it is equal to no checksum.
    const colon = each.indexOf(':');
    const [type, value] = colon < 0 ? [each, ''] : [each.slice(0, colon), each.slice(colon + 1)];
    checksums.push({ type, value });
  }
  return checksums;
}

/** When something was last found out about it. */
export function latestOf(row: CatalogueRow): number {
  const { copied, compared, onTape, removing, removed, onlineRemoved, followed, lost, audited } = row;
  const times = [copied, compared, onTape, removing, removed, onlineRemoved, followed, lost, audited];
  return Math.max(0, ...times.map((time) => time ?? 0));
}
