/**
 * A server whose storage isn't mounted answers all the same, takes copies onto another disk, and shows none of what it had. A copy there
 * is no reason to remove anything: it is out of sight once the storage is back.
 */
import { statBatch } from '../../remote/limited_store.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Catalogue } from '../../catalogue/catalogue.js';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import { STORAGE_EMPTIED } from '../../rules/failure_codes.js';
import type { Shard } from '../../rules/sharding.js';
import { failed } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import type { RecordBook } from './record_book.js';
import { printableName } from '../../rules/names.js';

/** A few records may have gone for another reason. */
const FEWEST = 8;
const MOST = Math.min(16, statBatch);

export interface StorageCheck {
  book: RecordBook;
  store: Pick<RemoteStore, 'statMany'>;
  run: Pick<JobRun, 'finish' | 'signal'>;
  config: CatalogueConfig;
  shard?: Shard | undefined;
}

/** Holds the book, and tells a failure, if the server's storage seems to be another one. Copies go on: it may be meant to be empty. */
export async function checkStorage({ book, store, run, config, shard }: StorageCheck): Promise<void> {
  if (book.catalogue === undefined) return;
  await book.reading(async () => {
    const message = await emptiedStorage(book.readable(config, shard), store, run.signal);
    if (message === undefined) return;
    book.hold();
    run.finish(failed('.', STORAGE_EMPTIED, message));
  });
}

/**
 * Is nothing there of what has left the cache? Asks about records that the catalogues have. Those that are noted as lost count only if
 * too few others are known: an audit notes all of them so while the storage isn't mounted, and that is no reason to trust the server.
 * @param catalogues this pass's first
 * @returns what to tell; undefined if some of it is there, or too little is known
 * @throws {CatalogueError}; what asking the server throws
 */
async function emptiedStorage(
  catalogues: AsyncIterable<Pick<Catalogue, 'pages'>>,
  store: Pick<RemoteStore, 'statMany'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const few = new Set<string>();
  const lost = new Set<string>();
  for await (const catalogue of catalogues)
    for await (const page of catalogue.pages({ gone: true })) {
      const paths = page.filter((row) => row.lost === null).map(({ path }) => path);
      if (paths.length >= FEWEST) return await noneThere(spread(paths, MOST), store, signal);
      for (const path of paths) few.add(path);
      if (few.size >= FEWEST) return await noneThere(spread([...few], MOST), store, signal);
      for (const row of page) if (row.lost !== null && lost.size < MOST) lost.add(row.path);
    }
  return await noneThere([...few, ...lost].slice(0, MOST), store, signal);
}

async function noneThere(
  asked: readonly string[],
  store: Pick<RemoteStore, 'statMany'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (asked.length < FEWEST) return undefined;
  const stats = await store.statMany(asked, signal);
  // One that can't be asked about shows nothing either way, and the rest decides (S11: it isn't called gone).
  const told = stats.filter((stat) => !(stat instanceof Error));
  if (told.length < FEWEST || told.some((stat) => stat !== null)) return undefined;
  const [first = ''] = asked;
  return (
    `none of ${told.length} records that have left the cache is on the server (${printableName(first)} and others): is its storage ` +
    'mounted? No local file is removed until some are there again. If only these are lost, "verify --catalogue" notes that, and others are ' +
    'asked about; if all are, take them out ("xrootd-archive catalogue forget")'
  );
}

/** So many at most, from the first to the last. */
function spread(paths: readonly string[], most: number): string[] {
  const step = Math.max(1, paths.length / most);
  return Array.from({ length: Math.min(most, paths.length) }, (_, i) => paths[Math.floor(i * step)] ?? '');
}
