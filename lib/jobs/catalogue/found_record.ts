/** A record as the catalogue remembers it, for people and their programs. */
import { stateOf, type CatalogueRow, type ChecksumSource, type RowState } from '../../catalogue/row.js';
import type { Checksum } from '../../rules/checksum.js';

/** Null: not known, or not so. */
export interface FoundRecord {
  /** Relative to the target's base. */
  path: string;
  /** Bytes. */
  size: number;
  /** The record's own modification time. */
  mtime: Date | null;
  /** The server's modification time of its copy. */
  remoteMtime: Date | null;
  /** Permission bits. */
  mode: number | null;
  /**
   * `in_cache`: its local file hasn't gone; `waiting`: it has, and tape isn't known to have it; `on_tape`; `lost`: the server was found
   * to have it no longer, or with other bytes.
   */
  state: RowState;
  /** Since when it is in this state, as far as was noticed. */
  stateSince: Date | null;
  /** At most one of each type. */
  checksums: readonly Checksum[];
  /** Where they come from: ingest's `put`, the bytes as a pass read them, or only the server's word. */
  source: ChecksumSource;
  /** When a pass copied it. */
  copied: Date | null;
  /** When its local file was removed. */
  removed: Date | null;
  /** When retention removed it from online storage. */
  onlineRemoved: Date | null;
  /** When `verify --catalogue` last compared it, and the result: `ok`, or what was wrong. */
  audited: Date | null;
  /** Of the last audit: `ok`, or what was wrong. */
  audit: string | null;
  /** What was found when it was lost. */
  loss: string | null;
}

export function foundRecord(row: CatalogueRow): FoundRecord {
  const { path, size, mtime, remoteMtime, mode, checksums, source, audit, loss } = row;
  const { copied, removed, onlineRemoved, audited } = row;
  return {
    ...{ path, size },
    mtime: mtime === null ? null : new Date(Math.floor(mtime / 1000)),
    ...{ remoteMtime: dateOf(remoteMtime), mode },
    ...{ state: stateOf(row), stateSince: dateOf(stateSince(row)), checksums, source },
    ...{ copied: dateOf(copied), removed: dateOf(removed), onlineRemoved: dateOf(onlineRemoved) },
    ...{ audited: dateOf(audited), audit, loss },
  };
}

export function dateOf(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds);
}

function stateSince(row: CatalogueRow): number | null {
  switch (stateOf(row)) {
    case 'lost':
      return row.lost;
    case 'on_tape':
      return row.onTape;
    case 'waiting':
      return row.removed ?? row.removing;
    case 'in_cache':
      return row.copied ?? row.compared;
  }
}
