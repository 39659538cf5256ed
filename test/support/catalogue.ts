/** Catalogues and their rows, without an archive around them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Catalogue } from '../../lib/catalogue/catalogue.js';
import {
  openCatalogue,
  type CatalogueConfig,
  type OpenCatalogueOptions,
} from '../../lib/catalogue/open_catalogue.js';
import { CATALOGUE_NAME } from '../../lib/catalogue/place.js';
import type { CatalogueRow, RecordFacts } from '../../lib/catalogue/row.js';
import { withTemp } from './temporary.js';

/** 2025-11-24T16:00:00Z, in milliseconds: what rows and facts have that don't say otherwise. */
export const NOON = 1_764_000_000_000;

export const TARGET = 'root://localhost:1094//base';

export function factsOf(path: string, more: Partial<RecordFacts> = {}): RecordFacts {
  return {
    ...{ path, size: 1000, mtime: NOON * 1000, mode: 0o640 },
    ...{ checksums: [{ type: 'adler32', value: '0a1b2c3d' }], source: 'read', remoteMtime: NOON },
    ...more,
  };
}

/** A record that was copied and compared at NOON, whose local file is there. */
export function rowOf(path: string, more: Partial<CatalogueRow> = {}): CatalogueRow {
  return {
    ...factsOf(path),
    ...{ copied: NOON, compared: NOON, onTape: null, removing: null, removed: null, rule: null },
    ...{ onlineRemoved: null, followed: null, lost: null, loss: null, audited: null, audit: null },
    ...more,
  };
}

export interface CatalogueBench {
  /** Open for writing. */
  catalogue: Catalogue;
  config: CatalogueConfig;
  /** Exists; also the directory of the catalogue's file, unless `cataloguePath` says otherwise. */
  cache: string;
  /** Opens it once more; the caller closes it. */
  open(options?: Partial<OpenCatalogueOptions>, more?: Partial<CatalogueConfig>): Promise<Catalogue>;
}

/** @param rows are imported first */
export interface CatalogueBenchOptions extends Partial<CatalogueConfig> {
  rows?: readonly CatalogueRow[];
}

/** Runs with a catalogue in a temporary cache, and closes it and takes it away. */
export async function withCatalogue<T>(
  { rows = [], ...config }: CatalogueBenchOptions,
  use: (bench: CatalogueBench) => Promise<T>,
): Promise<T> {
  return withTemp(async (cache) => {
    const whole: CatalogueConfig = { ...catalogueConfig(cache), ...config };
    const open: CatalogueBench['open'] = (options = {}, more = {}) =>
      mustOpen({ ...whole, ...more }, { mode: 'read', ...options });
    await using catalogue = await open({ mode: 'write' });
    for (const row of rows) catalogue.note({ kind: 'imported', row });
    await catalogue.flush();
    return await use({ catalogue, config: whole, cache, open });
  });
}

export function catalogueConfig(cache: string): CatalogueConfig {
  return { catalogue: true, cataloguePath: undefined, cacheDirectory: cache, targetUrl: TARGET };
}

/** There must be one. */
export async function mustOpen(config: CatalogueConfig, options: OpenCatalogueOptions): Promise<Catalogue> {
  const catalogue = await openCatalogue(config, options);
  assert.ok(catalogue instanceof Catalogue, 'there is no catalogue');
  return catalogue;
}

/** Where the file of a cache's catalogue is. */
export function fileIn(cache: string): string {
  return join(cache, CATALOGUE_NAME);
}

/** All rows, in their order. */
export async function allRows(
  catalogue: Pick<Catalogue, 'rows'>,
  filter: Parameters<Catalogue['rows']>[0] = {},
): Promise<CatalogueRow[]> {
  const rows: CatalogueRow[] = [];
  for await (const row of catalogue.rows(filter)) rows.push(row);
  return rows;
}
