/**
 * What the archive remembers of its records after their local files have gone: an SQLite file, written and read by a thread of its own.
 * It is never a reason to remove anything (S15).
 */
import type { Change } from './changes.js';
import { CommitQueue } from './commit_queue.js';
import type { OpenOptions } from './database.js';
import type { Opened, Operations, RememberedPass } from './messages.js';
import type { RowFilter, Summary } from './queries.js';
import type { CatalogueRow, ForgottenRow } from './row.js';
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
  readonly #taken = new Set<string>();
  #batch = 0;

  private constructor(file: string, { id, batch, isNew, damaged }: Opened, thread: ThreadLink) {
    this.file = file;
    this.id = id;
    this.isNew = isNew;
    this.damaged = damaged;
    this.batchAtOpening = batch;
    this.#thread = thread;
    this.#queue = new CommitQueue(async (changes) => {
      const { batch, taken } = await thread.ask('write', changes);
      this.#batch = batch;
      for (const path of taken) this.#taken.add(path);
    });
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

  /** Writes it soon; a failure shows at the next `durable` or `flush`. */
  note(change: Change): void {
    this.#queue.add(change);
  }

  /** Resolves when the change, and all before it, would survive a power cut. @throws {CatalogueError} */
  durable(change: Change): Promise<void> {
    return this.#queue.durable(change);
  }

  /** Resolves when all changes would survive a power cut. @throws {CatalogueError} */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** Does the row of another record, which has left the cache, have the name of a record that was compared since? */
  isTaken(path: string): boolean {
    return this.#taken.has(path);
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
    for (let after = ''; ;) {
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

  /** In the order of the paths; undefined for those that it doesn't know. */
  rowsOf(paths: readonly string[]): Promise<(CatalogueRow | undefined)[]> {
    return this.#thread.ask('rows', paths);
  }

  /** Rows that were taken out, in the order in which they were. @param changedUpTo only those not in a segment yet */
  async *forgotten(changedUpTo?: number): AsyncGenerator<ForgottenRow, void, undefined> {
    for (let after = 0; ;) {
      const page = await this.#thread.ask('forgotten', { after, limit: PAGE_ROWS, changedUpTo });
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

  passes(limit: number): Promise<RememberedPass[]> {
    return this.#thread.ask('passes', { limit });
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
