/**
 * A server whose storage isn't mounted answers all the same, takes copies onto another disk, and shows none of what it had. A copy there
 * is no reason to remove anything: it is out of sight once the storage is back.
 */
import { statBatch } from '../../remote/limited_store.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Catalogue } from '../../catalogue/catalogue.js';
import { printableName } from '../../rules/names.js';

/** A few records may have gone for another reason. */
const FEWEST = 8;
const MOST = 16;

/**
 * Is nothing there of what has left the cache? Asks about records that the catalogue has, but for those that are known to be lost.
 * @returns what to tell; undefined if some of it is there, or too little is known
 * @throws {CatalogueError}; what asking the server throws
 */
export async function emptiedStorage(
  catalogue: Catalogue,
  store: Pick<RemoteStore, 'statMany'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const page of catalogue.pages({ gone: true })) {
    const paths = page.filter(({ lost }) => lost === null).map(({ path }) => path);
    if (paths.length < FEWEST) continue;
    const asked = spread(paths, Math.min(MOST, statBatch));
    const stats = await store.statMany(asked, signal);
    // One that can't be asked about shows nothing either way, and the rest decides (S11: it isn't called gone).
    const told = stats.filter((stat) => !(stat instanceof Error));
    if (told.length < FEWEST || told.some((stat) => stat !== null)) return undefined;
    const [first = ''] = asked;
    return (
      `none of ${told.length} records that have left the cache is on the server (${printableName(first)} and others): is its storage ` +
      'mounted? No local file is removed until some are there again. If they are lost indeed, "verify --catalogue" notes that'
    );
  }
  return undefined;
}

/** So many at most, from the first to the last. */
function spread(paths: readonly string[], most: number): string[] {
  const step = Math.max(1, paths.length / most);
  return Array.from({ length: Math.min(most, paths.length) }, (_, i) => paths[Math.floor(i * step)] ?? '');
}
