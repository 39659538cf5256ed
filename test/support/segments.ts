/** Segments of a bench's catalogue: written as a pass does at its end, and as they lie on the sandbox's disk. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { Catalogue } from '../../lib/catalogue/catalogue.js';
import { openCatalogue } from '../../lib/catalogue/open_catalogue.js';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { SEGMENT_DIRECTORY, segmentName } from '../../lib/catalogue/segment.js';
import { writeSegments, type SegmentOptions } from '../../lib/jobs/catalogue/segments.js';
import type { ArchiveOptions } from '../../lib/index.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import { keepingLogger, withSharedArchive, type Bench, type Line, type Sandbox } from './archive.js';

interface Written {
  warnings: string[];
  lines: Line[];
}

export type WriteOptions = Partial<Omit<SegmentOptions, 'store'>> & {
  options?: Partial<ArchiveOptions>;
  /** Methods of the store that do something besides. */
  around?: (store: LimitedStore) => Partial<LimitedStore>;
};

export async function write(
  bench: Pick<Bench, 'archive'>,
  catalogue: Catalogue,
  { options = {}, around = () => ({}), ...more }: WriteOptions = {},
): Promise<Written> {
  const { config } = bench.archive({ catalogueSegments: true, ...options });
  const store = openStore(config);
  const { logger, lines } = keepingLogger();
  const extra: { warnings?: string[] } = {};
  const run = { signal: new AbortController().signal, dryRun: false, extra };
  const wrapped = { ...store, ...around(store) };
  await writeSegments({ catalogue, config, run, logger, now: Date.now, ...more, store: wrapped });
  return { warnings: extra.warnings ?? [], lines };
}

export async function opened(
  bench: Pick<Bench, 'archive'>,
  options: Partial<ArchiveOptions> = {},
): Promise<Catalogue> {
  const catalogue = await openCatalogue(bench.archive(options).config, { mode: 'write' });
  assert.ok(catalogue instanceof Catalogue);
  return catalogue;
}

export async function withOpened(use: (bench: Bench, catalogue: Catalogue) => Promise<void>): Promise<void> {
  await withSharedArchive(async (bench) => {
    await using catalogue = await opened(bench);
    await use(bench, catalogue);
  });
}

export async function add(catalogue: Catalogue, ...rows: CatalogueRow[]): Promise<void> {
  for (const row of rows) catalogue.note({ kind: 'imported', row });
  await catalogue.flush();
}

type Where = { sandbox: Sandbox };

export function fileOf({ sandbox }: Where, { id }: { id: string }, sequence: number): string {
  return sandbox.diskPath(segmentName(id, sequence));
}

export async function segmentNames({ sandbox }: Where, { id }: { id: string }): Promise<string[]> {
  return (await readdir(sandbox.diskPath(`${SEGMENT_DIRECTORY}/${id}`))).sort();
}
