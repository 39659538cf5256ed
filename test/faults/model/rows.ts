/** Rows of a catalogue, read from another connection than that of the pass. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { REPLACED_LOST, type CatalogueRow } from '../../../lib/catalogue/row.js';
import type { ChecksumType } from '../../../lib/posix/index.js';

export interface Row {
  path: string;
  size: number;
  /** `adler32:0a1b2c3d crc32c:…` */
  checksums: string;
  removing: number | null;
  removed: number | null;
  online_removed: number | null;
  lost: number | null;
}

/** Also those that shards note for themselves, until a pass over the whole cache takes them over. */
const FILE = /^\.xrootd-archive\.catalogue(\.\d+-of-\d+)?$/;

/** By path; of one that shards know too, several. @param which `own`: not those of shards, which have segments of their own */
export function rowsIn(cache: string, which: 'all' | 'own' = 'all'): Map<string, Row[]> {
  const rows = new Map<string, Row[]>();
  for (const name of filesIn(cache).filter((name) => which === 'all' || name.endsWith('.catalogue')))
    for (const row of rowsOf(join(cache, name))) rows.set(row.path, [...(rows.get(row.path) ?? []), row]);
  return rows;
}

function filesIn(cache: string): string[] {
  return readdirSync(cache).filter((name) => FILE.test(name));
}

function rowsOf(file: string): Row[] {
  const database = new Database(file);
  try {
    database.exec('PRAGMA query_only = 1');
    return database
      .prepare('SELECT path, size, checksums, removing, removed, online_removed, lost FROM records')
      .all() as Row[];
  } finally {
    database.close();
  }
}

/** Sizes of records that had left the cache, and whose names other ones have taken. */
export function replacedSizes(cache: string, path: string): number[] {
  return filesIn(cache).flatMap((name) => {
    const database = new Database(join(cache, name));
    try {
      database.exec('PRAGMA query_only = 1');
      const last = database
        .prepare('SELECT reason, row FROM forgotten WHERE path = ? ORDER BY id DESC LIMIT 1')
        .get(path) as { reason: string; row: string } | undefined;
      if (last?.reason !== REPLACED_LOST) return [];
      const { size, removing } = JSON.parse(last.row) as CatalogueRow;
      return removing === null ? [] : [size];
    } finally {
      database.close();
    }
  });
}

/** By type; none if there is only the server's listing. */
export function sumsOf({ checksums }: Pick<Row, 'checksums'>): Map<ChecksumType, string> {
  const sums = checksums.split(' ').filter((sum) => sum !== '');
  return new Map(
    sums.map((sum) => {
      const [type, value = ''] = sum.split(':');
      return [type as ChecksumType, value];
    }),
  );
}

/** Nothing of what both know of the bytes differs. */
export function sameBytes(row: Row, known: Pick<Row, 'size' | 'checksums'>): boolean {
  const sums = sumsOf(known);
  return (
    row.size === known.size &&
    [...sumsOf(row)].every(([type, value]) => !sums.has(type) || sums.get(type) === value)
  );
}

/** The catalogue's own name, which its segments have too. Undefined: there is none yet. */
export function idOf(cache: string): string | undefined {
  const file = join(cache, '.xrootd-archive.catalogue');
  if (!existsSync(file)) return undefined;
  const database = new Database(file);
  try {
    database.exec('PRAGMA query_only = 1');
    const meta = database.prepare(`SELECT value FROM meta WHERE key = 'id'`).get() as { value: string };
    return meta.value;
  } finally {
    database.close();
  }
}
