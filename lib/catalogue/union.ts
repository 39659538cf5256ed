/** All catalogues of an archive as one, for those who read: each shard writes a file of its own. */
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Shard } from '../rules/sharding.js';
import type { Catalogue } from './catalogue.js';
import { laterFirst, mayBeEqual, mergedRow } from './merge.js';
import type { RememberedPass } from './messages.js';
import {
  NoCatalogue,
  openCatalogue,
  type CatalogueConfig,
  type OpenCatalogueOptions,
} from './open_catalogue.js';
import { comparePaths } from './path_order.js';
import { catalogueFile } from './place.js';
import type { RowFilter, Summary } from './queries.js';
import { stateOf, type CatalogueRow, type ForgottenRow } from './row.js';

/** What can be asked of one catalogue, and of all together. */
export type CatalogueReader = Pick<
  Catalogue,
  'pages' | 'rows' | 'rowsOf' | 'forgotten' | 'replacedLosses' | 'summary' | 'passes' | 'close'
>;

/** Rows that are merged at once. */
const PAGE_ROWS = 1000;

/**
 * Opens all files of the archive's catalogue for reading.
 * @returns NoCatalogue if there is none, and why; undefined if the configuration wants none, or has no place for it
 * @throws {ConfigError, CatalogueError} if one of them can't be used: a shorter list would look like a whole one
 */
export async function openUnion(
  config: CatalogueConfig,
  options: Pick<OpenCatalogueOptions, 'adopt' | 'unchecked'> = {},
): Promise<CatalogueReader | NoCatalogue | undefined> {
  const file = catalogueFile(config);
  if (file === undefined) return undefined;
  const opened: Catalogue[] = [];
  try {
    for (const shard of await shardsBeside(file)) {
      const catalogue = await openCatalogue(config, { mode: 'read', shard, ...options });
      if (catalogue === undefined || catalogue instanceof NoCatalogue) return catalogue;
      opened.push(catalogue);
    }
  } catch (error) {
    await Promise.all(opened.map((catalogue) => catalogue.close()));
    throw error;
  }
  const [first, ...others] = opened;
  if (first === undefined) return new NoCatalogue(`there is no catalogue at ${file}`);
  return others.length === 0 ? first : new Union(opened);
}

/** Of every file that is there; undefined: the one without a shard. */
async function shardsBeside(file: string): Promise<(Shard | undefined)[]> {
  let names: string[];
  try {
    names = await readdir(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const own = basename(file);
  return names.sort(comparePaths).flatMap((name) => {
    if (name === own) return [undefined];
    const found = name.startsWith(`${own}.`) && /^(\d+)-of-(\d+)$/.exec(name.slice(own.length + 1));
    return found ? [{ index: Number(found[1]), count: Number(found[2]) }] : [];
  });
}

class Union implements CatalogueReader {
  readonly #catalogues: readonly Catalogue[];

  constructor(catalogues: readonly Catalogue[]) {
    this.#catalogues = catalogues;
  }

  async *pages(filter: RowFilter = {}): AsyncGenerator<CatalogueRow[], void, undefined> {
    const cursors = this.#catalogues.map((catalogue) => new Cursor(catalogue.pages(filter)));
    for (;;) {
      const paths: string[] = [];
      while (paths.length < PAGE_ROWS) {
        const path = await nextPath(cursors);
        if (path === undefined) break;
        paths.push(path);
      }
      if (paths.length === 0) return;
      // Another file may know something later of the same record, by which the filter doesn't find it there.
      const rows = (await this.rowsOf(paths)).filter((row) => row !== undefined && matches(row, filter));
      if (rows.length > 0) yield rows as CatalogueRow[];
    }
  }

  async *rows(filter: RowFilter = {}): AsyncGenerator<CatalogueRow, void, undefined> {
    for await (const page of this.pages(filter)) yield* page;
  }

  async rowsOf(paths: readonly string[]): Promise<(CatalogueRow | undefined)[]> {
    const found = await Promise.all(this.#catalogues.map((catalogue) => catalogue.rowsOf(paths)));
    return paths.map((_, i) =>
      found
        .flatMap((rows) => rows[i] ?? [])
        .reduce<CatalogueRow | undefined>(
          (one, other) => (one === undefined ? other : together(one, other)),
          undefined,
        ),
    );
  }

  /** One file after the other. */
  async *forgotten(changedUpTo?: number): AsyncGenerator<ForgottenRow, void, undefined> {
    for (const catalogue of this.#catalogues) yield* catalogue.forgotten(changedUpTo);
  }

  async *replacedLosses(): AsyncGenerator<ForgottenRow, void, undefined> {
    for (const catalogue of this.#catalogues) yield* catalogue.replacedLosses();
  }

  /** The sum: a record that several know, as after a change of the number of shards, counts several times. */
  async summary(): Promise<Summary> {
    const all = await Promise.all(this.#catalogues.map((catalogue) => catalogue.summary()));
    return all.reduce(added);
  }

  async passes(limit: number): Promise<RememberedPass[]> {
    const all = await Promise.all(this.#catalogues.map((catalogue) => catalogue.passes(limit)));
    return all
      .flat()
      .sort((a, b) => (a.finished < b.finished ? 1 : a.finished > b.finished ? -1 : 0))
      .slice(0, limit);
  }

  async close(): Promise<void> {
    await Promise.all(this.#catalogues.map((catalogue) => catalogue.close()));
  }
}

/** The rows of one file, a page at a time. */
class Cursor {
  readonly #pages: AsyncGenerator<CatalogueRow[], void, undefined>;
  #page: CatalogueRow[] = [];
  #at = 0;
  #isAtEnd = false;

  constructor(pages: AsyncGenerator<CatalogueRow[], void, undefined>) {
    this.#pages = pages;
  }

  get current(): string | undefined {
    return this.#page[this.#at]?.path;
  }

  next(): void {
    this.#at += 1;
  }

  async fill(): Promise<void> {
    while (this.#at >= this.#page.length && !this.#isAtEnd) {
      const { value, done } = await this.#pages.next();
      this.#isAtEnd = done === true;
      this.#page = value ?? [];
      this.#at = 0;
    }
  }
}

/** The first path of all, which all of them then have behind them. */
async function nextPath(cursors: readonly Cursor[]): Promise<string | undefined> {
  let first: string | undefined;
  for (const cursor of cursors) {
    if (cursor.current === undefined) await cursor.fill();
    const { current } = cursor;
    if (current !== undefined && (first === undefined || comparePaths(current, first) < 0)) first = current;
  }
  for (const cursor of cursors) if (cursor.current === first) cursor.next();
  return first;
}

function together(a: CatalogueRow, b: CatalogueRow): CatalogueRow {
  return mayBeEqual(a, b) ? mergedRow(a, b) : laterFirst(a, b)[0];
}

/** What whereOf() asks of a row; but for its path, which no other file changes, and `changedUpTo`, which is of one file. */
function matches(row: CatalogueRow, { state, since, until, minSize, maxSize, gone }: RowFilter): boolean {
  const time = row.mtime === null ? row.remoteMtime : Math.trunc(row.mtime / 1000);
  if (state !== undefined && stateOf(row) !== state) return false;
  if (since !== undefined && !(time !== null && time >= since)) return false;
  if (until !== undefined && !(time !== null && time < until)) return false;
  if (minSize !== undefined && row.size < minSize) return false;
  if (maxSize !== undefined && row.size > maxSize) return false;
  return gone !== true || row.removing !== null;
}

function added(a: Summary, b: Summary): Summary {
  const count = (state: 'in_cache' | 'waiting' | 'on_tape' | 'lost') => ({
    records: a[state].records + b[state].records,
    bytes: a[state].bytes + b[state].bytes,
  });
  const parts = new Map(a.parts.map((part) => [part.name, part]));
  for (const part of b.parts) {
    const other = parts.get(part.name);
    parts.set(part.name, other === undefined ? part : addedParts(other, part));
  }
  return {
    ...{ in_cache: count('in_cache'), waiting: count('waiting'), on_tape: count('on_tape') },
    ...{ lost: count('lost'), forgotten: a.forgotten + b.forgotten },
    parts: [...parts.values()].sort((one, other) => comparePaths(one.name, other.name)),
    fileBytes: a.fileBytes + b.fileBytes,
    lastSegment: Math.max(a.lastSegment, b.lastSegment),
  };
}

type Part = Summary['parts'][number];

function addedParts(a: Part, b: Part): Part {
  return {
    name: a.name,
    records: a.records + b.records,
    audited: a.audited + b.audited,
    oldestAudit:
      a.oldestAudit === null || b.oldestAudit === null ? null : Math.min(a.oldestAudit, b.oldestAudit),
    wrong: a.wrong + b.wrong,
  };
}
