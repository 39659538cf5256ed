/** Rows of a catalogue, read from another connection than that of the pass. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { CATALOGUE_NAME } from '../../../lib/catalogue/place.js';

export interface Row {
  path: string;
  size: number;
  /** `adler32:0a1b2c3d crc32c:…` */
  checksums: string;
  removing: number | null;
  removed: number | null;
  online_removed: number | null;
}

export function rowsIn(cache: string): Map<string, Row> {
  const file = join(cache, CATALOGUE_NAME);
  if (!existsSync(file)) return new Map();
  const database = new Database(file);
  try {
    database.exec('PRAGMA query_only = 1');
    const rows = database
      .prepare('SELECT path, size, checksums, removing, removed, online_removed FROM records')
      .all() as Row[];
    return new Map(rows.map((row) => [row.path, row]));
  } finally {
    database.close();
  }
}

/** By type. */
export function sumsOf(row: Row): Map<string, string> {
  return new Map(
    row.checksums.split(' ').map((sum) => {
      const [type = '', value = ''] = sum.split(':');
      return [type, value];
    }),
  );
}
