/**
 * What the archive remembers of its records after their local files have gone: an SQLite file, written and read by a thread of its own.
 * It is never a reason to remove anything (S15).
 */
import { unwritable, type Change } from './changes.js';
import { CommitQueue } from './commit_queue.js';
import { CatalogueError } from './error.js';
import type { OpenOptions } from './database.js';
import type { Opened, Operations } from './messages.js';
import type { RememberedPass } from './passes.js';
import type { ForgottenPage, RowFilter, StateCount, Summary } from './queries.js';
import { REPLACED_LOST, type CatalogueRow, type ForgottenRow } from './row.js';
import { ThreadLink } from './thread_link.js';

/** Rows read at once: a few milliseconds of the thread, and less than a megabyte. */
const PAGE_ROWS = 1000;

export class Catalogue implements AsyncDisposable {
  readonly file: string;
  /** Of this catalogue, for ever; a random UUID. */
  readonly id: string;
  /** It was made by this opening. */
  readonly isNew: boolean;
  /** What stood at its place was damaged and was put aside; nothing is removed in this pass. */
  readonly damaged: Opened['damaged'];
  /** Of the last commit before this opening; 0: there was none. */
  readonly batchAtOpening: number;
  readonly #thread: ThreadLink;
  readonly #queue: CommitQueue;
  #batch = 0;

  private constructor(file: string, { id, batch, isNew, damaged }: Opened, thread: ThreadLink) {
    this.file = file;
    this.id = id;
    this.isNew = isNew;
    this.damaged = damaged;
    this.batchAtOpening = batch;
    this.#thread = thread;
    this.#queue = new CommitQueue(async (changes) => (this.#batch = await thread.ask('write', changes)));
  }

  /** @throws {CatalogueError} */
  static async open(options: OpenOptions): Promise<Catalogue> {
    const thread = new ThreadLink(options.file);
    try {
      return new Catalogue(options.file, await thread.ask('open', options), thread);
    } catch (error) {
      await thread.end();
      throw error;
    }
  }

  /** Writes it soon; a failure shows at the next `durable` or `flush`. A process that ends by itself waits for it. */
  note(change: Change): void {
    const refused = this.#refused(change);
    if (refused !== undefined) {
      this.#queue.refuse(refused);
      return;
    }
    this.#queue.add(change);
  }

  /** Resolves when the change, and all before it, would survive a power cut. @throws {CatalogueError} */
  durable(change: Change): Promise<void> {
    const refused = this.#refused(change);
    return refused === undefined ? this.#queue.durable(change) : Promise.reject(refused);
  }

  #refused(change: Change): CatalogueError | undefined {
    const why = unwritable(change);
    return why === undefined
      ? undefined
      : new CatalogueError('Unavailable', this.file, `the catalogue ${this.file} can't keep ${why}`);
  }

  /** Resolves when all changes would survive a power cut. @throws {CatalogueError} also if one was given up, for the rest of this opening */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** A change couldn't be written, and hasn't been since. */
  get isIncomplete(): boolean {
    return this.#queue.isIncomplete;
  }

  /** Of the last commit of this opening; 0: there was none. */
  get batch(): number {
    return this.#batch;
  }

  /** In the order of their paths' bytes, in pages: rows that are written meanwhile may come or not. */
  async *pages(filter: RowFilter = {}): AsyncGenerator<CatalogueRow[], void, undefined> {
    for (let after = filter.after ?? ''; ;) {
      const page = await this.#thread.ask('page', { filter, after, limit: PAGE_ROWS });
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_ROWS) return;
      after = last.path;
    }
  }

  async *rows(filter: RowFilter = {}): AsyncGenerator<CatalogueRow, void, undefined> {
    for await (const page of this.pages(filter)) yield* page;
  }

  /** Reads them all: a tenth of a second for a million rows. */
  count(filter: RowFilter = {}): Promise<StateCount> {
    return this.#thread.ask('count', filter);
  }

  /** In the order of the paths; undefined for those that it doesn't know. */
  rowsOf(paths: readonly string[]): Promise<(CatalogueRow | undefined)[]> {
    return this.#thread.ask('rows', paths);
  }

  /** Rows that were taken out, in the order in which they were. @param changedUpTo only those not in a segment yet */
  forgotten(changedUpTo?: number): AsyncGenerator<ForgottenRow, void, undefined> {
    return this.#takenOut({ changedUpTo });
  }

  /**
   * Records that were lost, or whose only copy was replaced, before another record was archived under their name: losses that no row of
   * `records` tells. Each is one until somebody takes it out.
   */
  replacedLosses(): AsyncGenerator<ForgottenRow, void, undefined> {
    return this.#takenOut({ reason: REPLACED_LOST });
  }

  async *#takenOut(
    only: Pick<ForgottenPage, 'changedUpTo' | 'reason'>,
  ): AsyncGenerator<ForgottenRow, void, undefined> {
    for (let after = 0; ;) {
      const page = await this.#thread.ask('forgotten', { after, limit: PAGE_ROWS, ...only });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_ROWS) return;
      after = last.id;
    }
  }

  summary(): Promise<Summary> {
    return this.#thread.ask('summary', undefined);
  }

  /** What was kept by a change `meta`. */
  meta(key: string): Promise<string | undefined> {
    return this.#thread.ask('meta', key);
  }

  /** The newest first. */
  passes(limit: number): Promise<RememberedPass[]> {
    return this.#thread.ask('passes', limit);
  }

  /** See readLastPasses(). */
  lastPasses(job: string): Promise<RememberedPass[]> {
    return this.#thread.ask('lastPasses', job);
  }

  /** Reads every byte. @throws {CatalogueError} Damaged */
  async check(): Promise<void> {
    await this.#thread.ask('check', undefined satisfies Operations['check']['ask']);
  }

  /** Writes what is left, unless the last commit has failed: flush() first tells whether it could be written. */
  async close(): Promise<void> {
    if (this.#queue.failure === undefined) await this.#queue.flush().catch(() => undefined);
    this.#queue.stop();
    await this.#thread.ask('close', undefined).catch(() => undefined);
    await this.#thread.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
