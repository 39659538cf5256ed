/** Writes changes into the tables. Everything here runs inside one transaction of the caller's. */
import type Database from 'libsql';
import { sameChecksum, type Checksum } from '../rules/checksum.js';
import type { Change } from './changes.js';
import { latestOf, type CatalogueRow, type ChecksumSource, type RecordFacts } from './row.js';
import { COLUMNS } from './schema.js';
import { fromSql, toSql } from './sql_row.js';

const REPLACED = 'another record was archived under its name';

const TAKEN = 'the server has another record under its name';

type Statement = Database.Statement;

export class ChangeWriter {
  readonly #select: Statement;
  readonly #put: Statement;
  readonly #forget: Statement;
  readonly #delete: Statement;
  readonly #statements: Record<string, Statement>;
  /** Paths of records that got no row: see #place(). */
  readonly taken: string[] = [];

  constructor(database: Database.Database) {
    const prepare = (sql: string): Statement => database.prepare(sql);
    const columns = COLUMNS.join(', ');
    this.#select = prepare(`SELECT ${columns} FROM records WHERE path = ?`);
    this.#put = prepare(
      `INSERT OR REPLACE INTO records (${columns}, changed) VALUES (${'?, '.repeat(COLUMNS.length)}?)`,
    );
    this.#forget = prepare('INSERT INTO forgotten (path, at, reason, row, changed) VALUES (?, ?, ?, ?, ?)');
    this.#delete = prepare('DELETE FROM records WHERE path = ?');
    const found = 'lost = NULL, loss = NULL, followed = ?1';
    this.#statements = {
      removed: prepare('UPDATE records SET removed = ?1, changed = ?3 WHERE path = ?2'),
      stays: prepare(
        'UPDATE records SET removing = NULL, removed = NULL, rule = NULL, changed = ?2 WHERE path = ?1',
      ),
      onTape: prepare(
        `UPDATE records SET on_tape = coalesce(on_tape, ?1), ${found}, changed = ?3 WHERE path = ?2`,
      ),
      followed: prepare(`UPDATE records SET ${found} WHERE path = ?2`),
      lost: prepare(
        'UPDATE records SET lost = coalesce(lost, ?1), loss = ?4, followed = ?1, changed = ?3 WHERE path = ?2',
      ),
      audited: prepare('UPDATE records SET audited = ?1, audit = ?3 WHERE path = ?2'),
      onlineRemoved: prepare('UPDATE records SET online_removed = ?1, changed = ?3 WHERE path = ?2'),
      meta: prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
      exported: prepare('UPDATE records SET changed = NULL WHERE changed <= ?'),
      exportedForgotten: prepare('UPDATE forgotten SET changed = NULL WHERE changed <= ?'),
      pass: prepare('INSERT INTO passes (job, started, finished, report) VALUES (?, ?, ?, ?)'),
    };
  }

  /** @param batch counts upwards with each transaction */
  apply(change: Change, batch: number): void {
    const run = (name: string, ...values: unknown[]) => this.#statements[name]?.run(...values);
    switch (change.kind) {
      case 'compared': {
        const { facts, at, copied, onTape } = change;
        this.#place(facts, at, onTape, copied ? { copied: at } : {}, batch);
        return;
      }
      case 'removing': {
        const { facts, at, rule, onTape } = change;
        this.#place(facts, at, onTape, { removing: at, rule }, batch);
        return;
      }
      case 'removed':
        run('removed', change.at, change.path, batch);
        return;
      case 'stays':
        run('stays', change.path, batch);
        return;
      case 'on_tape':
        run('onTape', change.at, change.path, batch);
        return;
      case 'followed':
        run('followed', change.at, change.path);
        return;
      case 'lost':
        run('lost', change.at, change.path, batch, change.reason);
        return;
      case 'audited':
        run('audited', change.at, change.path, change.result);
        return;
      case 'online_removed':
        run('onlineRemoved', change.at, change.path, batch);
        return;
      case 'forgotten': {
        const row = this.#row(change.path);
        if (row === undefined) return;
        this.#remember(row, change.at, change.reason, batch);
        this.#delete.run(change.path);
        return;
      }
      case 'imported':
        this.#import(change.row, batch);
        return;
      case 'meta':
        run('meta', change.key, change.value);
        return;
      case 'exported':
        run('exported', change.batch);
        run('exportedForgotten', change.batch);
        return;
      case 'pass':
        run('pass', change.job, change.started, change.finished, change.report);
    }
  }

  #row(path: string): CatalogueRow | undefined {
    const found = this.#select.get(path);
    return found === undefined ? undefined : fromSql(found);
  }

  #write(row: CatalogueRow, batch: number): void {
    this.#put.run(...toSql(row), batch);
  }

  #remember(row: CatalogueRow, at: number, reason: string, batch: number): void {
    this.#forget.run(row.path, at, reason, JSON.stringify(row), batch);
  }

  /**
   * The row of a record whose local file is there, and that is identical on the server. If the row of its name is of another record,
   * which has left the cache, then the server no longer has that one: its row stays, as lost, until somebody forgets it.
   */
  #place(
    facts: RecordFacts,
    at: number,
    onTape: boolean | null,
    more: Partial<CatalogueRow>,
    batch: number,
  ): void {
    const before = this.#row(facts.path);
    const same = before !== undefined && isSame(before, facts);
    if (before?.removing != null && !same) {
      this.#statements['lost']?.run(at, facts.path, batch, TAKEN);
      this.taken.push(facts.path);
      return;
    }
    if (before !== undefined && !same) this.#remember(before, at, REPLACED, batch);
    const kept = same ? before : NOTHING;
    this.#write(
      {
        ...facts,
        ...(same && mergedChecksums(before, facts)),
        copied: more.copied ?? kept.copied,
        compared: at,
        onTape: onTape === false ? null : (kept.onTape ?? (onTape === true ? at : null)),
        removing: more.removing ?? null,
        removed: null,
        rule: more.rule ?? null,
        onlineRemoved: kept.onlineRemoved,
        followed: null,
        lost: null,
        loss: null,
        audited: kept.audited,
        audit: kept.audit,
      },
      batch,
    );
  }

  #import(row: CatalogueRow, batch: number): void {
    const before = this.#row(row.path);
    if (before === undefined) {
      this.#write(row, batch);
      return;
    }
    const [later, earlier] = latestOf(row) > latestOf(before) ? [row, before] : [before, row];
    if (!mayBeEqual(row, before)) {
      this.#remember(earlier, latestOf(later), REPLACED, batch);
      this.#write(later, batch);
      return;
    }
    this.#write({ ...withGapsFilled(later, earlier), ...mergedChecksums(earlier, later) }, batch);
  }
}

/** Without a checksum only the time tells that a file of the same size has the same bytes. */
function isSame(before: CatalogueRow, facts: RecordFacts): boolean {
  return mayBeEqual(before, facts) && (facts.checksums.length > 0 || before.mtime === facts.mtime);
}

const NOTHING = { copied: null, onTape: null, onlineRemoved: null, audited: null, audit: null };

/** Of the same size, and no checksum says that the bytes differ. */
export function mayBeEqual(
  a: Pick<RecordFacts, 'size' | 'checksums'>,
  b: Pick<RecordFacts, 'size' | 'checksums'>,
): boolean {
  if (a.size !== b.size) return false;
  return a.checksums.every((sum) => {
    const other = b.checksums.find(({ type }) => type === sum.type);
    return other === undefined || sameChecksum(sum, other);
  });
}

const STRENGTH: readonly ChecksumSource[] = ['server', 'read', 'put'];

/** Both were of the same bytes. The better source counts: its checksums stand, and those of types that it lacks are added. */
function mergedChecksums(
  before: RecordFacts,
  now: RecordFacts,
): { checksums: readonly Checksum[]; source: ChecksumSource } {
  const better = STRENGTH.indexOf(before.source) > STRENGTH.indexOf(now.source) ? before : now;
  // What only the server said isn't mixed with what we have read ourselves.
  if (before.source !== now.source && (before.source === 'server' || now.source === 'server'))
    return { checksums: better.checksums, source: better.source };
  const others = (better === now ? before : now).checksums.filter(
    ({ type }) => !better.checksums.some((sum) => sum.type === type),
  );
  return { checksums: [...better.checksums, ...others], source: better.source };
}

/** What the later row knows, and the earlier one's where it knows nothing. What has ended doesn't come back. */
function withGapsFilled(later: CatalogueRow, earlier: CatalogueRow): CatalogueRow {
  const filled = {
    ...earlier,
    ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)),
  };
  const { removing, removed, rule, lost, loss } = later;
  return { ...filled, removing, removed, rule, lost, loss };
}
