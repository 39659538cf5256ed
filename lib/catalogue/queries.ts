/** Reads rows in pages. A page is as large as the caller says, and a read needs no more memory than that. */
import type Database from 'libsql';
import { REPLACED_LOST, type CatalogueRow, type ForgottenRow, type RowState } from './row.js';
import { COLUMNS } from './schema.js';
import { fromSql } from './sql_row.js';

/** All that is given must be true of a row. */
export interface RowFilter {
  /** Records at or below this path; empty or undefined: all. */
  below?: string | undefined;
  state?: RowState | undefined;
  /** Only rows behind this path, in the order of the paths. */
  after?: string | undefined;
  /** The record's own time is at or after this, in milliseconds; records without one count by the server's time. */
  since?: number | undefined;
  /** Before this. */
  until?: number | undefined;
  /** No time of it is known. */
  timeless?: boolean | undefined;
  /** Bytes. */
  minSize?: number | undefined;
  maxSize?: number | undefined;
  /** Its local file has gone, or was to go. */
  gone?: boolean | undefined;
  /** Has changed since it last went into a segment, up to this batch. */
  changedUpTo?: number | undefined;
}

export interface Page {
  filter: RowFilter;
  /** Rows after this path. */
  after: string;
  limit: number;
}

const STATES: Record<RowState, string> = {
  lost: 'lost IS NOT NULL',
  on_tape: 'lost IS NULL AND on_tape IS NOT NULL',
  waiting: 'lost IS NULL AND removing IS NOT NULL AND on_tape IS NULL',
  in_cache: 'lost IS NULL AND removing IS NULL AND on_tape IS NULL',
};

const time = 'coalesce(mtime / 1000, remote_mtime)';

interface Where {
  sql: string;
  values: (string | number)[];
}

function whereOf(filter: RowFilter): Where {
  const terms: string[] = [];
  const values: (string | number)[] = [];
  const add = (sql: string, ...more: (string | number)[]) => {
    terms.push(sql);
    values.push(...more);
  };
  const { below, state, since, until, timeless, minSize, maxSize, gone, changedUpTo } = filter;
  // The range, for the index, begins where the page does, and also has `below-x` and `below.x`. `0` follows `/`.
  if (below) add('path < ? AND (path = ? OR path >= ?)', `${below}0`, below, `${below}/`);
  if (state !== undefined) add(STATES[state]);
  if (since !== undefined) add(`${time} >= ?`, since);
  if (until !== undefined) add(`${time} < ?`, until);
  if (timeless === true) add(`${time} IS NULL`);
  if (minSize !== undefined) add('size >= ?', minSize);
  if (maxSize !== undefined) add('size <= ?', maxSize);
  if (gone === true) add('removing IS NOT NULL');
  if (changedUpTo !== undefined) add('changed IS NOT NULL AND changed <= ?', changedUpTo);
  return { sql: terms.length === 0 ? '1' : terms.join(' AND '), values };
}

export function readPage(database: Database.Database, { filter, after, limit }: Page): CatalogueRow[] {
  const { sql, values } = whereOf(filter);
  // Of two lower bounds SQLite would use the first alone, and walk from there: one bound only.
  const start = after === '' && filter.below ? 'path >= ?' : 'path > ?';
  const query = `SELECT ${COLUMNS.join(', ')} FROM records WHERE ${start} AND ${sql} ORDER BY path LIMIT ?`;
  return database
    .prepare(query)
    .raw()
    .all(after || (filter.below ?? ''), ...values, limit)
    .map(fromSql);
}

export function countRows(database: Database.Database, filter: RowFilter): StateCount {
  const { sql, values } = whereOf(filter);
  const query = `SELECT count(*), coalesce(sum(size), 0) FROM records WHERE path > ? AND ${sql}`;
  const [records, bytes] = database
    .prepare(query)
    .raw()
    .get(filter.after ?? '', ...values) as [number, number];
  return { records, bytes };
}

/** In the order of the paths; undefined for those that it doesn't know. */
export function readRows(
  database: Database.Database,
  paths: readonly string[],
): (CatalogueRow | undefined)[] {
  const select = database.prepare(`SELECT ${COLUMNS.join(', ')} FROM records WHERE path = ?`).raw();
  return paths.map((path) => {
    const found = select.get(path);
    return found === undefined ? undefined : fromSql(found);
  });
}

export interface ForgottenPage {
  /** Their number. */
  after: number;
  limit: number;
  /** Only those that aren't in a segment yet. */
  changedUpTo?: number | undefined;
  /** Only those. */
  reason?: string | undefined;
}

export function readForgotten(
  database: Database.Database,
  { after, limit, changedUpTo, reason: wanted }: ForgottenPage,
): (ForgottenRow & { id: number })[] {
  const terms = ['id > ?'];
  const values: (number | string)[] = [after];
  if (changedUpTo !== undefined) {
    terms.push('changed IS NOT NULL AND changed <= ?');
    values.push(changedUpTo);
  }
  if (wanted !== undefined) {
    terms.push('reason = ?');
    values.push(wanted);
  }
  values.push(limit);
  return database
    .prepare(
      `SELECT id, path, at, reason, row FROM forgotten WHERE ${terms.join(' AND ')} ORDER BY id LIMIT ?`,
    )
    .all(...values)
    .map((found) => {
      const { id, path, at, reason, row } = found as Record<string, string | number>;
      return { id, path, at, reason, row: JSON.parse(String(row)) as CatalogueRow } as ForgottenRow & {
        id: number;
      };
    });
}

/** How many records are in one state. */
export interface StateCount {
  /** Their number. */
  records: number;
  /** Their bytes. */
  bytes: number;
}

/** `lost`: with the records whose name another one has taken since (REPLACED_LOST). */
export interface Summary extends Record<RowState, StateCount> {
  /** Rows that were taken out, and are remembered. */
  forgotten: number;
  /** Of all records. */
  proof: ProofSummary;
  /**
   * Of the records below each first directory: when the one was compared whose comparison is the oldest; null: one never was. Those
   * that lie in no directory are the part `.`.
   */
  parts: {
    name: string;
    records: number;
    audited: number;
    oldestAudit: number | null;
    /** As in `proof`. */
    oldestProof: number | null;
    wrong: number;
  }[];
  /** Bytes of the file and its log. */
  fileBytes: number;
  /** Of the last segment that was written; 0: none. */
  lastSegment: number;
}

/** How fresh the knowledge is that the server has what it should have. */
export interface ProofSummary {
  /** Records that an audit has compared. */
  audited: number;
  /** When the last one was audited; null: none was. */
  latestAudit: number | null;
  /** When that one was last compared, by an audit or by a pass, whose comparison is the oldest; null: there is one that never was. */
  oldest: number | null;
  /** Records whose last audit found something wrong. */
  wrong: number;
}

const proofTime = 'max(coalesce(audited, 0), coalesce(compared, 0))';
const wrongs = "count(CASE WHEN audit <> 'ok' THEN 1 END)";

function readProof(database: Database.Database): ProofSummary {
  const query = `SELECT count(audited), max(audited), nullif(min(${proofTime}), 0), ${wrongs} FROM records`;
  const [audited, latestAudit, oldest, wrong] = database.prepare(query).raw().get() as [
    ...[number, number | null, number | null, number],
  ];
  return { audited, latestAudit, oldest, wrong };
}

/** Most parts that are told one by one. */
const mostParts = 1000;

/** Reads the whole table several times: a second for a million rows. One scan with sums by part takes three quarters of that. */
export function summarize(database: Database.Database): Omit<Summary, 'fileBytes' | 'lastSegment'> {
  const counts = (state: RowState): StateCount => {
    const query = `SELECT count(*), coalesce(sum(size), 0) FROM records WHERE ${STATES[state]}`;
    const [records, bytes] = database.prepare(query).raw().get() as [number, number];
    return { records, bytes };
  };
  const replaced = database
    .prepare(`SELECT count(*), coalesce(sum(json_extract(row, '$.size')), 0) FROM forgotten WHERE reason = ?`)
    .raw()
    .get(REPLACED_LOST) as [number, number];
  const lost = counts('lost');
  const [forgotten] = database.prepare('SELECT count(*) FROM forgotten').raw().get() as [number];
  const parts = database
    .prepare(
      `SELECT coalesce(nullif(substr(path, 1, instr(path, '/') - 1), ''), '.') AS name, count(*), count(audited),
        CASE WHEN count(audited) = count(*) THEN min(audited) END, nullif(min(${proofTime}), 0), ${wrongs}
        FROM records GROUP BY name ORDER BY name LIMIT ${mostParts}`,
    )
    .raw()
    .all()
    .map((row) => {
      const [name, records, audited, oldestAudit, oldestProof, wrong] = row as [
        ...[string, number, number],
        ...[number | null, number | null, number],
      ];
      return { name, records, audited, oldestAudit, oldestProof, wrong };
    });
  return {
    ...{ in_cache: counts('in_cache'), waiting: counts('waiting') },
    ...{ on_tape: counts('on_tape'), forgotten, parts },
    lost: { records: lost.records + replaced[0], bytes: lost.bytes + replaced[1] },
    proof: readProof(database),
  };
}
