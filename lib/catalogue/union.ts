/** All catalogues of an archive as one, for those who read: each shard writes a file of its own. */
import { Catalogue } from './catalogue.js';
import { areOne, mayBeEqual, mergedRow, newerFirst } from './merge.js';
import { missingText, NoCatalogue, type CatalogueConfig } from './open_catalogue.js';
import { closeAll, openEach, type EachOptions } from './open_each.js';
import type { RememberedPass } from './passes.js';
import { comparePaths } from './path_order.js';
import { catalogueFile } from './place.js';
import type { RowFilter, StateCount, Summary } from './queries.js';
import { latestOf, REPLACED_LOST, stateOf } from './row.js';
import type { CatalogueRow, ForgottenRow, RowState } from './row.js';

/** What can be asked of one catalogue, and of all together. */
export type CatalogueReader = Pick<
  Catalogue,
  | 'pages'
  | 'rows'
  | 'rowsOf'
  | 'count'
  | 'forgotten'
  | 'replacedLosses'
  | 'summary'
  | 'meta'
  | 'passes'
  | 'lastPasses'
  | 'close'
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
  options: EachOptions = {},
): Promise<CatalogueReader | NoCatalogue | undefined> {
  const file = catalogueFile(config);
  if (file === undefined) return undefined;
  const found = await openEach(config, options);
  const opened = found.filter((each) => each instanceof Catalogue);
  if (opened.length < found.length) {
    await closeAll(opened);
    return found.find((each): each is NoCatalogue | undefined => !(each instanceof Catalogue));
  }
  const [first, ...others] = opened;
  if (first === undefined) return new NoCatalogue(missingText(file));
  return unionOf([first, ...others]);
}

/** One that is opened already is given as it is. @param catalogues at least one */
export function unionOf(catalogues: readonly [Catalogue, ...Catalogue[]]): CatalogueReader {
  return catalogues.length === 1 ? catalogues[0] : new Union(catalogues);
}

class Union implements CatalogueReader {
  readonly #catalogues: readonly [Catalogue, ...Catalogue[]];

  constructor(catalogues: readonly [Catalogue, ...Catalogue[]]) {
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

  /** Also what one file calls lost, if another one has a newer record of that name: in one file it would be such a loss. */
  async *replacedLosses(): AsyncGenerator<ForgottenRow, void, undefined> {
    const told = new Map<string, CatalogueRow[]>();
    for (const catalogue of this.#catalogues)
      for await (const loss of this.#lossesOf(catalogue)) {
        const others = told.get(loss.path) ?? [];
        if (others.some((other) => mayBeEqual(other, loss.row))) continue;
        told.set(loss.path, [...others, loss.row]);
        yield loss;
      }
  }

  async *#lossesOf(catalogue: Catalogue): AsyncGenerator<ForgottenRow, void, undefined> {
    yield* catalogue.replacedLosses();
    for await (const page of catalogue.pages({ state: 'lost' })) {
      const newest = await this.rowsOf(page.map(({ path }) => path));
      for (const [index, row] of page.entries()) {
        const now = newest[index];
        if (now === undefined || mayBeEqual(now, row)) continue;
        yield { path: row.path, at: latestOf(now), reason: REPLACED_LOST, row };
      }
    }
  }

  /** The sum: a record that several know, as after a change of the number of shards, counts several times. */
  async count(filter: RowFilter = {}): Promise<StateCount> {
    const all = await Promise.all(this.#catalogues.map((catalogue) => catalogue.count(filter)));
    return all.reduce(addedCounts);
  }

  /** As count(); but for what is lost: what one file calls so may have been found since, as another one knows. */
  async summary(): Promise<Summary> {
    const all = await Promise.all(this.#catalogues.map((catalogue) => catalogue.summary()));
    const lost = { records: 0, bytes: 0 };
    const add = ({ size }: { size: number }) => {
      lost.records += 1;
      lost.bytes += size;
    };
    for await (const row of this.rows({ state: 'lost' })) add(row);
    for await (const { row } of this.replacedLosses()) add(row);
    return { ...all.reduce(added), lost };
  }

  /** Of the first file. */
  meta(key: string): Promise<string | undefined> {
    return this.#catalogues[0].meta(key);
  }

  async passes(limit: number): Promise<RememberedPass[]> {
    const all = await Promise.all(this.#catalogues.map((catalogue) => catalogue.passes(limit)));
    return all
      .flat()
      .sort((a, b) => (a.finished < b.finished ? 1 : a.finished > b.finished ? -1 : 0))
      .slice(0, limit);
  }

  /** Of each file. */
  async lastPasses(job: string): Promise<RememberedPass[]> {
    return (await Promise.all(this.#catalogues.map((catalogue) => catalogue.lastPasses(job)))).flat();
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
  return areOne(a, b) ? mergedRow(a, b) : newerFirst(a, b)[0];
}

/** What whereOf() asks of a row; but for its path, which no other file changes, and `changedUpTo`, which is of one file. */
export function matches(row: CatalogueRow, filter: RowFilter): boolean {
  const { state, since, until, timeless, minSize, maxSize, gone } = filter;
  const time = row.mtime === null ? row.remoteMtime : Math.trunc(row.mtime / 1000);
  if (state !== undefined && stateOf(row) !== state) return false;
  if (since !== undefined && !(time !== null && time >= since)) return false;
  if (until !== undefined && !(time !== null && time < until)) return false;
  if (timeless === true && time !== null) return false;
  if (minSize !== undefined && row.size < minSize) return false;
  if (maxSize !== undefined && row.size > maxSize) return false;
  return gone !== true || row.removing !== null;
}

function addedCounts(a: StateCount, b: StateCount): StateCount {
  return { records: a.records + b.records, bytes: a.bytes + b.bytes };
}

function added(a: Summary, b: Summary): Summary {
  const count = (state: RowState) => addedCounts(a[state], b[state]);
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
    proof: {
      audited: a.proof.audited + b.proof.audited,
      latestAudit: latest(a.proof.latestAudit, b.proof.latestAudit),
      // A file without rows has nothing that was never compared.
      oldest: !a.parts.length
        ? b.proof.oldest
        : !b.parts.length
          ? a.proof.oldest
          : oldest(a.proof.oldest, b.proof.oldest),
      wrong: a.proof.wrong + b.proof.wrong,
    },
  };
}

type Part = Summary['parts'][number];

function addedParts(a: Part, b: Part): Part {
  return {
    name: a.name,
    records: a.records + b.records,
    audited: a.audited + b.audited,
    oldestAudit: oldest(a.oldestAudit, b.oldestAudit),
    oldestProof: oldest(a.oldestProof, b.oldestProof),
    wrong: a.wrong + b.wrong,
  };
}

/** Null: never. */
function oldest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.min(a, b);
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
