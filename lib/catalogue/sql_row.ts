/** Rows as SQLite has them. */
import { checksumsText, parseChecksums, type CatalogueRow } from './row.js';
import type { COLUMNS } from './schema.js';

type SqlRow = Record<(typeof COLUMNS)[number], string | number | null>;

/** In the order of COLUMNS. */
export function toSql(row: CatalogueRow): (string | number | null)[] {
  return [
    ...[row.path, row.size, whole(row.mtime), row.mode, checksumsText(row.checksums), row.source],
    whole(row.remoteMtime),
    ...[row.copied, row.compared, row.onTape, row.removing, row.removed, row.rule, row.onlineRemoved],
    ...[row.followed, row.lost, row.loss, row.audited, row.audit],
  ];
}

/** @param found a row of `records` with all columns; its types were checked when it was written (STRICT) */
export function fromSql(found: unknown): CatalogueRow {
  const row = found as SqlRow;
  const { path, size, mtime, mode, checksums, source, copied, compared, removing, removed, rule } = row;
  const { followed, lost, loss, audited, audit } = row;
  return {
    ...{ path, size, mtime, mode, checksums: parseChecksums(String(checksums)), source },
    ...{ remoteMtime: row.remote_mtime, copied, compared, onTape: row.on_tape, removing, removed, rule },
    ...{ onlineRemoved: row.online_removed, followed, lost, loss, audited, audit },
  } as CatalogueRow;
}

/** SQLite's numbers end at 2^63. */
const LAST_TIME = 2 ** 62;

function whole(time: number | null): number | null {
  return time === null ? null : Math.max(-LAST_TIME, Math.min(LAST_TIME, Math.floor(time)));
}
