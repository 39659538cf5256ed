/** Finds records in the catalogue. Asks no server. */
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import type { RowFilter } from '../../catalogue/queries.js';
import { ROW_STATES, replacedRow, stateOf, type CatalogueRow, type RowState } from '../../catalogue/row.js';
import { matches, type CatalogueReader } from '../../catalogue/union.js';
import { ConfigError } from '../../config/errors.js';
import { normalized } from '../../config/pattern.js';
import { printableName } from '../../rules/names.js';
import { selector, type Selection, type Selector } from '../../rules/selection.js';
import type { Failure } from '../events/report.js';
import { foundRecord, type FoundRecord } from './found_record.js';
import { openReader } from './open_kept.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { checkPaths } from '../../config/option_values.js';

/** Options of `Archive.find`. */
export interface FindOptions {
  /** Plain paths, in which no letter is special, beside the patterns. */
  list?: readonly string[] | undefined;
  /** Only records whose own time is not before; the server's time counts where theirs isn't known. */
  since?: Date | undefined;
  /** Only records whose own time is before. */
  until?: Date | undefined;
  /**
   * Only records in one of these states. Default: in any. With `lost` also those whose name another record has by now: a path may then
   * come twice.
   */
  states?: readonly RowState[] | undefined;
  /** Bytes. */
  minSize?: number | undefined;
  /** Ends the search; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<FindOptions> = {
  list: true,
  since: true,
  until: true,
  states: true,
  minSize: true,
  signal: true,
};

/** A record, or a Failure for a path that names nothing, and for a record of which it isn't known whether it is meant. */
export type FoundItem =
  | FoundRecord
  | (Failure & {
      /** Tells it from a record. */
      failed: true;
    });

/**
 * @param patterns files, directories or globs relative to the target's base; none without a list: everything
 * @throws {ConfigError | CatalogueError}
 */
export async function* find(
  config: CatalogueConfig,
  patterns: readonly string[],
  options: FindOptions = {},
): AsyncGenerator<FoundItem, void, undefined> {
  checkOptions(options, KNOWN);
  checkPaths(patterns, 'patterns');
  checkStates(options.states);
  const selects = selectorOf({
    patterns: patterns.length === 0 ? undefined : patterns,
    paths: options.list,
  });
  const catalogue = await openReader(config);
  try {
    yield* new Search(catalogue, options).run(selects);
  } finally {
    await catalogue.close();
  }
}

class Search {
  readonly #catalogue: CatalogueReader;
  readonly #options: FindOptions;
  readonly #plain: ReadonlySet<string>;

  constructor(catalogue: CatalogueReader, options: FindOptions) {
    this.#catalogue = catalogue;
    this.#options = options;
    this.#plain = new Set(options.list);
  }

  async *run(selects: Selector): AsyncGenerator<FoundItem, void, undefined> {
    const { since, until, minSize, states } = this.#options;
    const filter: RowFilter = { minSize, state: states?.length === 1 ? states[0] : undefined };
    const inTime = { ...filter, since: since?.getTime(), until: until?.getTime() };
    yield* this.#rows(selects, inTime);
    if (states?.includes('lost') === true)
      for await (const row of this.#replaced(selects)) if (matches(row, inTime)) yield foundRecord(row);
    if (since !== undefined || until !== undefined)
      for await (const { path } of this.#rows(selects, { ...filter, timeless: true })) yield timeless(path);
    for (const given of selects.unmatched()) if (!(await this.#isKnown(given))) yield unknown(given);
  }

  async *#rows(selects: Selector, filter: RowFilter): AsyncGenerator<FoundRecord, void, undefined> {
    const { states, signal } = this.#options;
    for (const below of selects.roots)
      for await (const page of this.#catalogue.pages({ ...filter, below })) {
        signal?.throwIfAborted();
        for (const row of page)
          if ((states === undefined || states.includes(stateOf(row))) && selects.names(row.path))
            yield foundRecord(row);
      }
  }

  /** Losses of which no row tells. */
  async *#replaced(selects: Selector): AsyncGenerator<CatalogueRow, void, undefined> {
    for await (const loss of this.#catalogue.replacedLosses()) {
      this.#options.signal?.throwIfAborted();
      if (selects.names(loss.path)) yield replacedRow(loss);
    }
  }

  /** A name that selects records of other times, sizes or states is no mistake. */
  async #isKnown(given: string): Promise<boolean> {
    if (normalized(given) === '') return true;
    const alone = selector(this.#plain.has(given) ? { paths: [given] } : { patterns: [given] });
    for (const below of alone.roots)
      for await (const page of this.#catalogue.pages({ below })) {
        this.#options.signal?.throwIfAborted();
        if (page.some(({ path }) => alone.names(path))) return true;
      }
    for await (const _ of this.#replaced(alone)) return true;
    return false;
  }
}

function checkStates(states: readonly RowState[] | undefined): void {
  const known: readonly unknown[] = ROW_STATES;
  if (states === undefined || (Array.isArray(states) && states.every((state) => known.includes(state))))
    return;
  throw new ConfigError([{ key: 'states', message: `must be a list of ${ROW_STATES.join(', ')}` }]);
}

function selectorOf(selection: Selection): Selector {
  try {
    return selector(selection);
  } catch (error) {
    throw new ConfigError([{ key: '', message: (error as Error).message }]);
  }
}

function unknown(given: string): FoundItem {
  const message = 'the catalogue has no record of this name';
  return { path: printableName(given), code: 'NotFound', message, failed: true };
}

function timeless(path: string): FoundItem {
  const message = 'the catalogue knows no time of it: since and until cannot say whether it is meant';
  return { path: printableName(path), code: 'BadTime', message, failed: true };
}
