/**
 * What the catalogue knows, for a job that lists the server's files: the row of each listed file, and the records that the listing lacks.
 * A catalogue that can't be used ends no such job: that is a failure of its own, and the listing goes on without it.
 */
import { NumberSet } from '../../cache/number_set.js';
import { CatalogueError } from '../../catalogue/error.js';
import { NoCatalogue, type CatalogueConfig } from '../../catalogue/open_catalogue.js';
import type { CatalogueRow } from '../../catalogue/row.js';
import { openUnion, type CatalogueReader } from '../../catalogue/union.js';
import { ConfigError, type Logger } from '../../config/index.js';
import { inBatches } from '../../flow/in_batches.js';
import { statBatch } from '../../remote/limited_store.js';
import type { RemoteStore } from '../../remote/store.js';
import { CATALOGUE_UNUSABLE, LOST_COPY } from '../../rules/failure_codes.js';
import { missingText, recordTime } from '../../rules/known_record.js';
import { printableName } from '../../rules/names.js';
import { pathFraction } from '../../rules/path_fraction.js';
import type { Selector } from '../../rules/selection.js';
import { inShard, type Shard } from '../../rules/sharding.js';
import type { Failure } from '../events/report.js';
import { failureOf } from './failure.js';
import { looked, type ListItem } from './list.js';
import type { UploadLook } from './uploads.js';

type Rows = Pick<CatalogueReader, 'pages' | 'rowsOf' | 'close'>;
type FailedItem = Failure & { failed: true };

export interface UnionOptions {
  store: RemoteStore;
  /** Which records are meant. */
  selects: Selector;
  shard?: Shard | undefined;
  upload: UploadLook;
  signal: AbortSignal;
}

export class KnownRecords implements AsyncDisposable {
  readonly #opened: Rows | undefined;
  /** Undefined: there is no catalogue, or it has failed. */
  #rows: Rows | undefined;
  /** Not told yet. */
  #problem: string | undefined;
  /**
   * Hashes of paths, 53 bits: 16 to 32 bytes each. If the listing lacks a record, the chance that it counts as listed all the same, by
   * the hash of one of 10 million others, is 1 in 900 million.
   */
  readonly #listed = new NumberSet();

  private constructor(rows: Rows | undefined, problem?: string) {
    this.#opened = rows;
    this.#rows = rows;
    this.#problem = problem;
  }

  /** @throws nothing that has to do with the catalogue */
  static async open(config: CatalogueConfig, logger: Logger): Promise<KnownRecords> {
    try {
      const rows = await openRows(config);
      if (typeof rows !== 'string') return new KnownRecords(rows);
      logger.info(`no catalogue: ${rows}`);
      return new KnownRecords(undefined);
    } catch (error) {
      if (!(error instanceof CatalogueError) && !(error instanceof ConfigError)) throw error;
      return new KnownRecords(undefined, error.message);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened?.close();
  }

  /** The row of one record; undefined also if the catalogue can't be used: then `problem` says why. */
  async row(path: string): Promise<CatalogueRow | undefined> {
    return (await this.#rowsOf([path]))[0];
  }

  /** Why the catalogue can't be used. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Gives each listed file its row. */
  async *told(listed: AsyncIterable<ListItem>): AsyncGenerator<ListItem, void, undefined> {
    for await (const batch of inBatches(listed, statBatch)) {
      const files = batch.flatMap((item) => ('failed' in item || item.isDirectory ? [] : [item.path]));
      const rows = (await this.#rowsOf(files)).values();
      yield* this.#troubles();
      for (const item of batch) {
        if ('failed' in item || item.isDirectory) {
          yield item;
          continue;
        }
        const row = rows.next().value;
        yield row === undefined ? item : { ...item, row };
      }
    }
    yield* this.#troubles();
  }

  /**
   * As told(), and after the listing the records that it lacks: those that the server has nevertheless, and a failure for each that it
   * doesn't have. What the listing has failed for isn't reported twice.
   */
  async *union(
    listed: AsyncIterable<ListItem>,
    options: UnionOptions,
  ): AsyncGenerator<ListItem, void, undefined> {
    const failed = new Set<string>();
    for await (const item of this.told(listed)) {
      if ('failed' in item) {
        if (item.code === 'NotFound' && (await this.#knows(item.path))) continue;
        failed.add(item.path);
      } else if (item.row !== undefined) this.#listed.add(keyOf(item.path));
      yield item;
    }
    for await (const rows of inBatches(this.#unlisted(options, failed), statBatch))
      yield* await stattedAnew(rows, options);
    yield* this.#troubles();
  }

  async *#unlisted(
    { selects, shard, signal }: UnionOptions,
    failed: ReadonlySet<string>,
  ): AsyncGenerator<CatalogueRow, void, undefined> {
    for (const root of selects.roots) {
      // A file has no records below it.
      if (this.#listed.has(keyOf(root))) continue;
      for await (const page of this.#pages(root)) {
        signal.throwIfAborted();
        for (const row of page) {
          const { path } = row;
          if (this.#listed.has(keyOf(path)) || failed.has(printableName(path))) continue;
          if (selects.names(path) && inShard(path, shard) && mayBeInTime(row, selects)) yield row;
        }
      }
    }
  }

  /** Is it a record, or a directory of records? The base isn't taken for one: without it nobody can say what is missing. */
  async #knows(path: string): Promise<boolean> {
    if (path === '.') return false;
    for await (const _ of this.#pages(path)) return true;
    return false;
  }

  async *#pages(below: string): AsyncGenerator<CatalogueRow[], void, undefined> {
    try {
      if (this.#rows !== undefined) yield* this.#rows.pages({ below });
    } catch (error) {
      this.#failed(error);
    }
  }

  async #rowsOf(paths: readonly string[]): Promise<(CatalogueRow | undefined)[]> {
    try {
      if (this.#rows !== undefined && paths.length > 0) return await this.#rows.rowsOf(paths);
    } catch (error) {
      this.#failed(error);
    }
    return [];
  }

  #failed(error: unknown): void {
    if (!(error instanceof CatalogueError)) throw error;
    this.#rows = undefined;
    this.#problem = error.message;
  }

  *#troubles(): Generator<FailedItem, void, undefined> {
    if (this.#problem === undefined) return;
    const message = `${this.#problem}. What the server has is not compared with the catalogue, and what it has lost is not named`;
    this.#problem = undefined;
    yield { path: '.', code: CATALOGUE_UNUSABLE, message, failed: true };
  }
}

/** @returns why there is none, if there is none */
async function openRows(config: CatalogueConfig): Promise<Rows | string> {
  const opened = await openUnion(config);
  if (opened instanceof NoCatalogue) return opened.reason;
  if (opened !== undefined) return opened;
  return config.catalogue ? 'no cache and no catalogue_path is given' : 'catalogue: false';
}

function keyOf(path: string): number {
  return pathFraction(path, 'listed') * 2 ** 53;
}

/** By the record's own time, else by the server's as it was. Without either it may be meant. */
function mayBeInTime(row: CatalogueRow, selects: Selector): boolean {
  const { path, remoteMtime } = row;
  const mtime = recordTime(row) ?? (remoteMtime === null ? undefined : new Date(remoteMtime));
  return mtime === undefined || selects({ path, mtime });
}

/** Records that no listing had, as the server tells of them now. */
async function stattedAnew(
  rows: readonly CatalogueRow[],
  { store, upload, signal }: UnionOptions,
): Promise<ListItem[]> {
  const paths = rows.map(({ path }) => path);
  const items = await looked(store, paths, upload, signal);
  return await Promise.all(
    items.map(async (item, index) => {
      const row = rows[index];
      if (row === undefined || !('failed' in item) || item.code !== 'NotFound') return withRow(item, row);
      // One answer among many may be that of a server which is just being started.
      try {
        const now = await store.stat(row.path, signal);
        if (now === null) return lost(row);
      } catch (error) {
        signal.throwIfAborted();
        return { ...failureOf(row.path, error), failed: true as const };
      }
      const [again = item] = await looked(store, [row.path], upload, signal);
      return withRow(again, row);
    }),
  );
}

function withRow(item: ListItem, row: CatalogueRow | undefined): ListItem {
  if (row === undefined || 'failed' in item) return item;
  return item.isDirectory ? lost(row, true) : { ...item, row };
}

function lost(row: CatalogueRow, directory = false): FailedItem {
  return {
    path: printableName(row.path),
    code: LOST_COPY,
    message: missingText(row, directory),
    failed: true,
  };
}
