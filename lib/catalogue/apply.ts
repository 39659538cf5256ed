/** Writes changes into the tables. Everything here runs inside one transaction of the caller's. */
import type Database from 'libsql';
import type { Change } from './changes.js';
import {
  areOne,
  isSameRecord,
  isUntouched,
  mayBeEqual,
  mergedChecksums,
  mergedRow,
  newerFirst,
} from './merge.js';
import {
  latestOf,
  REPLACED,
  REPLACED_LOST,
  type CatalogueRow,
  type ForgottenRow,
  type RecordFacts,
} from './row.js';
import { COLUMNS } from './schema.js';
import { fromSql, toSql } from './sql_row.js';

type Statement = Database.Statement;

export class ChangeWriter {
  readonly #select: Statement;
  readonly #put: Statement;
  readonly #forget: Statement;
  readonly #isForgotten: Statement;
  readonly #forgottenRows: Statement;
  readonly #resolve: Statement;
  readonly #delete: Statement;
  readonly #statements: Record<string, Statement>;

  constructor(database: Database.Database) {
    const prepare = (sql: string): Statement => database.prepare(sql);
    const columns = COLUMNS.join(', ');
    this.#select = prepare(`SELECT ${columns} FROM records WHERE path = ?`).raw();
    this.#put = prepare(
      `INSERT OR REPLACE INTO records (${columns}, changed) VALUES (${'?, '.repeat(COLUMNS.length)}?)`,
    );
    this.#forget = prepare('INSERT INTO forgotten (path, at, reason, row, changed) VALUES (?, ?, ?, ?, ?)');
    this.#isForgotten = prepare('SELECT 1 FROM forgotten WHERE path = ? AND at = ? AND reason = ?');
    this.#forgottenRows = prepare('SELECT id, reason, row FROM forgotten WHERE path = ?');
    this.#resolve = prepare('UPDATE forgotten SET at = ?, reason = ?, changed = ? WHERE id = ?');
    this.#delete = prepare('DELETE FROM records WHERE path = ?');
    const found = 'lost = NULL, loss = NULL, followed = ?1';
    this.#statements = {
      // Whatever was removed was to be removed: of a row that doesn't say so the note has got lost.
      removed: prepare(
        'UPDATE records SET removing = coalesce(removing, ?1), removed = ?1, changed = ?3 WHERE path = ?2',
      ),
      stays: prepare(
        'UPDATE records SET removing = NULL, removed = NULL, rule = NULL, changed = ?2 WHERE path = ?1',
      ),
      onTape: prepare(
        `UPDATE records SET on_tape = coalesce(on_tape, ?1), ${found}, changed = ?3 WHERE path = ?2`,
      ),
      // A segment that says that it is lost must be followed by one that doesn't.
      followed: prepare(
        `UPDATE records SET ${found}, changed = CASE WHEN lost IS NULL THEN changed ELSE ?3 END WHERE path = ?2`,
      ),
      lost: prepare(
        'UPDATE records SET lost = coalesce(lost, ?1), loss = ?4, followed = ?1, changed = ?3 WHERE path = ?2',
      ),
      audited: prepare('UPDATE records SET audited = ?1, audit = ?3 WHERE path = ?2'),
      onlineRemoved: prepare('UPDATE records SET online_removed = ?1, changed = ?3 WHERE path = ?2'),
      meta: prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
      exported: prepare('UPDATE records SET changed = NULL WHERE changed <= ?'),
      exportedUpTo: prepare('UPDATE records SET changed = NULL WHERE changed <= ? AND path <= ?'),
      exportedForgotten: prepare('UPDATE forgotten SET changed = NULL WHERE changed <= ?'),
      pass: prepare('INSERT INTO passes (job, started, finished, report) VALUES (?, ?, ?, ?)'),
    };
  }

  /** @param batch counts upwards with each transaction */
  apply(change: Change, batch: number): void {
    const run = (name: string, ...values: unknown[]) => this.#statements[name]?.run(values);
    switch (change.kind) {
      case 'compared': {
        const { facts, at, copied, onTape } = change;
        this.#place(facts, at, onTape, copied ? { copied: at } : {}, batch);
        return;
      }
      case 'removing': {
        const { facts, at, rule, copied, onTape } = change;
        this.#place(facts, at, onTape, { ...(copied === true && { copied: at }), removing: at, rule }, batch);
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
        run('followed', change.at, change.path, batch);
        return;
      case 'lost':
        run('lost', change.at, change.path, batch, change.reason);
        return;
      case 'audited':
        run('audited', change.at, change.path, change.result);
        return;
      case 'online_removing':
        this.#placeOnline(change.facts, change.at, batch);
        return;
      case 'online_removed':
        run('onlineRemoved', change.at, change.path, batch);
        return;
      case 'forgotten':
        this.#takeOut(change, batch);
        return;
      case 'imported':
        this.#import(change.row, batch);
        return;
      case 'imported_forgotten':
        this.#importForgotten(change.forgotten, batch);
        return;
      case 'meta':
        run('meta', change.key, change.value);
        return;
      case 'exported':
        if (change.upTo === undefined) {
          run('exported', change.batch);
          run('exportedForgotten', change.batch);
        } else run('exportedUpTo', change.batch, change.upTo);
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
    this.#put.run(toSql(row, batch));
  }

  #remember(row: CatalogueRow, at: number, reason: string, batch: number): void {
    this.#forget.run(row.path, at, reason, JSON.stringify(row), batch);
  }

  /** Another record has its name now. If its local file had gone, the server's was the only copy: that is a loss (S6). */
  #replace(row: CatalogueRow, at: number, batch: number): void {
    const isLost = row.removing !== null || row.lost !== null;
    this.#remember(row, at, isLost ? REPLACED_LOST : REPLACED, batch);
  }

  /** What is lost under this name first: the record that has taken a lost one's name stays, unless it is lost as well. */
  #takeOut({ path, at, reason }: { path: string; at: number; reason: string }, batch: number): void {
    const losses = this.#takenOut(path).filter((taken) => taken.reason === REPLACED_LOST);
    for (const { id } of losses) this.#resolve.run(at, `${REPLACED}; ${reason}`, batch, id);
    const row = this.#row(path);
    if (row === undefined || (losses.length > 0 && row.lost === null)) return;
    this.#remember(row, at, reason, batch);
    this.#delete.run(path);
  }

  /** The row of a record whose local file is there, and that is identical on the server. */
  #place(
    facts: RecordFacts,
    at: number,
    onTape: boolean | null,
    more: Partial<CatalogueRow>,
    batch: number,
  ): void {
    const before = this.#row(facts.path);
    const same =
      before !== undefined && isSameRecord(before, { ...facts, copied: more.copied ?? before.copied });
    if (before !== undefined && !same) this.#replace(before, at, batch);
    const kept = same ? before : NOTHING;
    const { path, size, mtime, mode, remoteMtime } = facts;
    const copied = more.copied ?? kept.copied;
    const { checksums, source } = same
      ? mergedChecksums(before, facts, isUntouched(before, { copied, remoteMtime }))
      : facts;
    // One plain literal: spreads would take a quarter of this thread's time.
    this.#write(
      {
        path,
        size,
        mtime,
        mode,
        checksums,
        source,
        remoteMtime,
        copied,
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

  /** The row of a record that is identical on the server and on tape, and may be in the cache or not. */
  #placeOnline(facts: RecordFacts, at: number, batch: number): void {
    const before = this.#row(facts.path);
    const same = before !== undefined && isSameRecord(before, { ...facts, copied: before.copied });
    if (!same) {
      this.#place(facts, at, true, {}, batch);
      return;
    }
    const onTape = before.onTape ?? at;
    // A comparison with the local file would end its removal; this one is with the online file.
    const asked = before.removing === null ? { compared: at } : { followed: at };
    const found = { ...asked, onTape, lost: null, loss: null };
    const untouched = isUntouched(before, { copied: before.copied, remoteMtime: facts.remoteMtime });
    this.#write({ ...before, ...mergedChecksums(before, facts, untouched), ...found }, batch);
  }

  #import(row: CatalogueRow, batch: number): void {
    if (this.#wasTakenOut(row)) return;
    const before = this.#row(row.path);
    if (before === undefined) {
      this.#write(row, batch);
      return;
    }
    if (areOne(row, before)) {
      const merged = mergedRow(row, before);
      // What is known already is no change.
      if (!sameRow(merged, before)) this.#write(merged, batch);
      return;
    }
    const [newer, older] = newerFirst(row, before);
    this.#replace(older, latestOf(newer), batch);
    this.#write(newer, batch);
  }

  /** And nothing that this row says was found out afterwards. */
  #wasTakenOut(row: CatalogueRow): boolean {
    return this.#takenOut(row.path).some(
      (other) => mayBeEqual(other.row, row) && latestOf(other.row) >= latestOf(row),
    );
  }

  #takenOut(path: string): { id: number; reason: string; row: CatalogueRow }[] {
    return this.#forgottenRows.all(path).map((found) => {
      const { id, reason, row } = found as { id: number; reason: string; row: string };
      return { id, reason, row: JSON.parse(row) as CatalogueRow };
    });
  }

  #importForgotten({ path, at, reason, row }: ForgottenRow, batch: number): void {
    if (this.#isForgotten.get(path, at, reason) === undefined) {
      const known = this.#takenOut(path).filter((other) => mayBeEqual(other.row, row));
      const isLoss = reason === REPLACED_LOST;
      // A loss that somebody has resolved stays resolved, in whatever order it comes. What was taken out earlier says nothing of it.
      if (isLoss && known.some((other) => latestOf(other.row) >= latestOf(row))) return;
      const resolves = (other: CatalogueRow) => reason !== REPLACED && latestOf(other) <= latestOf(row);
      const loss = known.find((other) => other.reason === REPLACED_LOST && resolves(other.row));
      if (loss === undefined) this.#remember(row, at, reason, batch);
      else this.#resolve.run(at, reason, batch, loss.id);
    }
    const now = this.#row(path);
    if (now !== undefined && mayBeEqual(now, row) && latestOf(now) <= latestOf(row)) this.#delete.run(path);
  }
}

function sameRow(a: CatalogueRow, b: CatalogueRow): boolean {
  const [one, other] = [toSql(a, 0), toSql(b, 0)];
  return one.every((value, at) => value === other[at]);
}

const NOTHING = { copied: null, onTape: null, onlineRemoved: null, audited: null, audit: null };
