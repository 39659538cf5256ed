/**
 * What a pass tells the catalogue of the records of its cache. If the catalogue can't be written, everything goes on but removals (S14);
 * the pass ends with a failure that says so.
 */
import type { SeenCatalogue } from '../../cache/verified_memo.js';
import { Catalogue } from '../../catalogue/catalogue.js';
import type { Change } from '../../catalogue/changes.js';
import { CatalogueError } from '../../catalogue/error.js';
import { openCatalogue, NoCatalogue, type CatalogueConfig } from '../../catalogue/open_catalogue.js';
import { catalogueFile } from '../../catalogue/place.js';
import type { RecordFacts, RemovalRule } from '../../catalogue/row.js';
import { shardsBeside } from '../../catalogue/shard_files.js';
import { ConfigError } from '../../config/index.js';
import { CATALOGUE_UNUSABLE } from '../../rules/failure_codes.js';
import type { Shard } from '../../rules/sharding.js';
import type { Failure, Report } from '../events/report.js';
import { failureText, gapOf, OR_A_COPY, otherFailure } from './catalogue_failures.js';

/** The reason to keep a record that may go. */
export const UNWRITTEN = "it may be removed, but the catalogue can't be written";

/** The reason to keep a record that may go, while the server's storage seems not to be the one that it was. */
export const EMPTIED = 'it may be removed, but what left the cache earlier is not on the server';

export interface Noted {
  facts: RecordFacts;
  /** Null: tape wasn't asked. */
  onTape: boolean | null;
}

/** A catalogue that every earlier pass has filled has this in its meta. */
const FILLED = 'filled';

/** What the last pass has noted for the next one in its memo, too: other writers, which know nothing of it, don't change this. */
const SEEN = 'seen';

/** @throws {CatalogueError} */
export async function markSeen(catalogue: Catalogue): Promise<SeenCatalogue> {
  const { id } = catalogue;
  const batch = Math.max(catalogue.batch, catalogue.batchAtOpening);
  await catalogue.durable({ kind: 'meta', key: SEEN, value: String(batch) });
  return { id, batch };
}

export interface RecordBookOptions {
  shard: Shard | undefined;
  dryRun: boolean;
  now: () => number;
  /** As the pass before left it. */
  seen: SeenCatalogue | undefined;
}

export class RecordBook {
  /** Undefined: there is none, or it can't be opened. */
  readonly catalogue: Catalogue | undefined;
  /** For the report: what an operator should know though nothing failed. */
  readonly warning: string | undefined;
  /** It has a row of each record that passes have compared, as far as it knows. */
  readonly isFilled: boolean;
  readonly #now: () => number;
  #problem: CatalogueError | undefined;
  /** Nothing may be removed, though rows can be written. */
  #held = false;
  /** Of passes that were shared otherwise. */
  #other: Failure | undefined;
  /** It can be written, but rows are missing. */
  readonly #gap: Failure | undefined;

  private constructor(
    opened: Catalogue | NoCatalogue | CatalogueError | undefined,
    isFilled: boolean,
    now: () => number,
    { seen, mark }: { seen?: SeenCatalogue | undefined; mark?: string | undefined } = {},
  ) {
    this.#now = now;
    if (opened instanceof CatalogueError) this.#problem = opened;
    else if (opened instanceof NoCatalogue) this.warning = opened.reason;
    else this.catalogue = opened;
    const damaged = this.catalogue?.damaged;
    if (this.catalogue !== undefined && damaged !== undefined) {
      const { file } = this.catalogue;
      const message = `the catalogue ${file} was damaged and is now ${damaged.movedTo}: ${damaged.reason}. ${OR_A_COPY}`;
      this.#problem = new CatalogueError('Damaged', file, message);
    } else if (this.catalogue !== undefined && seen !== undefined)
      this.#gap = gapOf(this.catalogue, seen, mark);
    this.isFilled = isFilled && this.#gap === undefined;
  }

  /**
   * Never fails for a catalogue that can't be used: see `failure`.
   * @throws {ConfigError} if it belongs to another archive, or lies on a network file system
   */
  static async open(
    config: CatalogueConfig,
    { shard, dryRun, now, seen }: RecordBookOptions,
  ): Promise<RecordBook> {
    const unknown = new RecordBook(undefined, true, now);
    // A dry run changes nothing, not even a damaged catalogue.
    if (dryRun) return unknown;
    try {
      const opened = await openCatalogue(config, { mode: 'write', shard, now: now() });
      if (opened === undefined) return unknown;
      const filled = opened instanceof NoCatalogue || (await opened.meta(FILLED)) !== undefined;
      const mark = opened instanceof NoCatalogue ? undefined : await opened.meta(SEEN);
      return new RecordBook(opened, filled, now, { seen, mark });
    } catch (error) {
      if (error instanceof CatalogueError) return new RecordBook(error, true, now);
      throw error;
    }
  }

  /** Nothing may be removed in this pass: see EMPTIED. */
  hold(): void {
    this.#held = true;
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** The record is identical on the server. */
  compared({ facts, onTape }: Noted, copied: boolean): void {
    this.catalogue?.note({ kind: 'compared', facts, at: this.#now(), copied, onTape });
  }

  /**
   * Makes the record's row durable, before its local file goes (S14).
   * @param copied this pass has copied it
   * @returns why it must stay; undefined if it may go
   */
  allowRemoval({ facts, onTape }: Noted, rule: RemovalRule, copied: boolean): Promise<string | undefined> {
    return this.#allow({ kind: 'removing', facts, at: this.#now(), rule, copied, onTape });
  }

  /** As allowRemoval(), for an online file past retention (S12). */
  allowOnlineRemoval(facts: RecordFacts): Promise<string | undefined> {
    return this.#allow({ kind: 'online_removing', facts, at: this.#now() });
  }

  onlineRemoved(path: string): void {
    this.catalogue?.note({ kind: 'online_removed', path, at: this.#now() });
  }

  async #allow(change: Change): Promise<string | undefined> {
    if (this.#problem !== undefined) return UNWRITTEN;
    if (this.#held) return EMPTIED;
    try {
      await this.catalogue?.durable(change);
      return undefined;
    } catch (error) {
      if (!(error instanceof CatalogueError)) throw error;
      this.#problem = error;
      // It may be written yet, by a later commit.
      if (change.kind === 'removing') this.ended(change.facts.path, false);
      return UNWRITTEN;
    }
  }

  /** After allowRemoval(): has the local file gone? */
  ended(path: string, removed: boolean): void {
    this.catalogue?.note(removed ? { kind: 'removed', path, at: this.#now() } : { kind: 'stays', path });
  }

  /**
   * Writes what is left. A pass that is stopped doesn't try again what has failed: another process may hold the file for long.
   * @param whole the pass has looked at every record
   * @returns what kept the catalogue from being written in this pass
   */
  async finish({ whole, stopped }: { whole: boolean; stopped: boolean }): Promise<Failure | undefined> {
    await this.reading(async () => {
      if (stopped && this.#problem !== undefined) return;
      await this.catalogue?.flush();
      const value = new Date(this.#now()).toISOString();
      if (whole && !this.isFilled && this.#problem === undefined)
        await this.catalogue?.durable({ kind: 'meta', key: FILLED, value });
    });
    const problem = this.#problem;
    return problem === undefined
      ? (this.#gap ?? this.#other)
      : { path: problem.file, code: CATALOGUE_UNUSABLE, message: failureText(problem) };
  }

  /** Runs a task that reads the catalogue. If that can't be read, it counts as one that can't be written. */
  async reading(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof CatalogueError)) throw error;
      this.#problem ??= error;
    }
  }

  /**
   * What passes have noted that were shared otherwise: no pass would deal with that any more. None of these runs now, by the lock.
   * @param isMeant reads only: is there something to do in this one?
   */
  async others(
    config: CatalogueConfig,
    shard: Shard | undefined,
    isMeant: (catalogue: Catalogue) => Promise<boolean>,
    task: (catalogue: Catalogue) => Promise<void>,
  ): Promise<void> {
    const file = catalogueFile(config);
    const all = file === undefined ? [] : await shardsBeside(file);
    for (const other of all.filter((each) => each?.count !== shard?.count))
      try {
        if (!(await isSo(isMeant, config, other))) continue;
        const opened = await openCatalogue(config, { mode: 'write', shard: other, now: this.#now() });
        if (!(opened instanceof Catalogue)) continue;
        await using catalogue = opened;
        await task(catalogue);
        await catalogue.flush();
      } catch (error) {
        if (!(error instanceof CatalogueError)) throw error;
        this.#other ??= otherFailure(error);
      }
  }

  /** This pass's catalogue, and then those of other shards. Of these, one that can't be read is left out: follow-up, or its own pass, tells. */
  async *readable(
    config: CatalogueConfig,
    shard: Shard | undefined,
  ): AsyncGenerator<Catalogue, void, undefined> {
    if (this.catalogue !== undefined) yield this.catalogue;
    const own = catalogueFile(config, shard);
    const file = catalogueFile(config);
    for (const other of file === undefined ? [] : await shardsBeside(file)) {
      if (catalogueFile(config, other) === own) continue;
      const opened = await openCatalogue(config, { mode: 'read', shard: other }).catch(notReadable);
      if (!(opened instanceof Catalogue)) continue;
      await using catalogue = opened;
      yield catalogue;
    }
  }

  /** The pass has ended. */
  pass({ job, startedAt: started, finishedAt: finished, failures: _, ...counts }: Report): void {
    this.catalogue?.note({ kind: 'pass', job, started, finished, report: JSON.stringify(counts) });
  }

  /** For the next pass. @throws {CatalogueError} */
  async seen(): Promise<SeenCatalogue | undefined> {
    return this.catalogue && (await markSeen(this.catalogue));
  }

  /** Rows of earlier passes are missing in it: what has left the cache isn't known. */
  get lacksRows(): boolean {
    return this.#gap !== undefined || this.#problem?.code === 'Damaged';
  }

  /** Changes of this pass aren't in it: what was compared must not count as known. */
  get isIncomplete(): boolean {
    return this.catalogue === undefined ? this.#problem !== undefined : this.catalogue.isIncomplete;
  }

  async close(): Promise<void> {
    await this.catalogue?.close();
  }
}

function notReadable(error: unknown): undefined {
  if (!(error instanceof CatalogueError) && !(error instanceof ConfigError)) throw error;
}

/** Reads only: a damaged one is a failure, and stays where it is. */
async function isSo(
  isMeant: (catalogue: Catalogue) => Promise<boolean>,
  config: CatalogueConfig,
  shard: Shard | undefined,
): Promise<boolean> {
  const opened = await openCatalogue(config, { mode: 'read', shard });
  if (!(opened instanceof Catalogue)) return false;
  await using catalogue = opened;
  return await isMeant(catalogue);
}
