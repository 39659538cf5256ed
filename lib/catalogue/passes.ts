/** Reads the passes that a catalogue remembers. */
import type Database from 'libsql';

/** A pass as it is remembered. */
export interface RememberedPass {
  job: string;
  started: string;
  finished: string;
  /** JSON. */
  report: string;
}

/** The newest first. */
export function readPasses(database: Database.Database, limit: number): RememberedPass[] {
  return read(database, 'ORDER BY id DESC LIMIT ?', [limit]);
}

const of = (key: string): string => `json_extract(report, '$.${key}')`;

/**
 * The last pass of each shard, and of those without shards, that wasn't over chosen records only; of each also the last one that was
 * interrupted.
 */
export function readLastPasses(database: Database.Database, job: string): RememberedPass[] {
  const wasInterrupted = `coalesce(${of('interrupted')}, 0) AND ${of('error')} IS NULL`;
  const last = `SELECT max(id) FROM passes WHERE job = ? AND NOT coalesce(${of('partial')}, 0)
    GROUP BY ${of('shard.index')}, ${of('shard.count')}, ${wasInterrupted}`;
  return read(database, `WHERE id IN (${last}) ORDER BY id DESC`, [job]);
}

function read(
  database: Database.Database,
  which: string,
  values: readonly (string | number)[],
): RememberedPass[] {
  return database
    .prepare(`SELECT job, started, finished, report FROM passes ${which}`)
    .raw()
    .all(...values)
    .map((row) => {
      const [job, started, finished, report] = row as [string, string, string, string];
      return { job, started, finished, report };
    });
}
