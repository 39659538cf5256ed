/** Rows as SQLite has them. */
import { checksumsText, parseChecksums, type CatalogueRow } from './row.js';

/** In the order of COLUMNS, and then the batch. One plain literal, which libsql takes as it is: half the time of spreads. */
export function toSql(row: CatalogueRow, batch: number): (string | number | null)[] {
  return [
    row.path,
    row.size,
    whole(row.mtime),
    row.mode,
    checksumsText(row.checksums),
    row.source,
    whole(row.remoteMtime),
    row.copied,
    row.compared,
    row.onTape,
    row.removing,
    row.removed,
    row.rule,
    row.onlineRemoved,
    row.followed,
    row.lost,
    row.loss,
    row.audited,
    row.audit,
    batch,
  ];
}

/**
 * Arrays and one plain literal: a million rows take six seconds of a processor so, and twenty with libsql's objects and spreads.
 * @param found the columns in the order of COLUMNS; their types were checked when they were written (STRICT)
 */
export function fromSql(found: unknown): CatalogueRow {
  const row = found as unknown[];
  return {
    path: row[0],
    size: row[1],
    mtime: row[2],
    mode: row[3],
    checksums: parseChecksums(row[4] as string),
    source: row[5],
    remoteMtime: row[6],
    copied: row[7],
    compared: row[8],
    onTape: row[9],
    removing: row[10],
    removed: row[11],
    rule: row[12],
    onlineRemoved: row[13],
    followed: row[14],
    lost: row[15],
    loss: row[16],
    audited: row[17],
    audit: row[18],
  } as CatalogueRow;
}

/** SQLite's numbers end at 2^63. */
const LAST_TIME = 2 ** 62;

function whole(time: number | null): number | null {
  return time === null ? null : Math.max(-LAST_TIME, Math.min(LAST_TIME, Math.floor(time)));
}
