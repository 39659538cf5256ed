/** Opens all files of an archive's catalogue for reading: that of whole passes, and those of shards. */
import { Catalogue } from './catalogue.js';
import {
  openCatalogue,
  type CatalogueConfig,
  type NoCatalogue,
  type OpenCatalogueOptions,
} from './open_catalogue.js';
import { catalogueFile } from './place.js';
import { shardsBeside } from './shard_files.js';

export type EachOptions = Pick<OpenCatalogueOptions, 'adopt' | 'unchecked' | 'snapshot' | 'now'>;

/**
 * Each as openCatalogue() gives it. None if the configuration wants none.
 * @throws {ConfigError, CatalogueError} if one of them can't be used; then none is open
 */
export async function openEach(
  config: CatalogueConfig,
  options: EachOptions = {},
): Promise<(Catalogue | NoCatalogue | undefined)[]> {
  const file = catalogueFile(config);
  const found: (Catalogue | NoCatalogue | undefined)[] = [];
  try {
    for (const shard of file === undefined ? [] : await shardsBeside(file))
      found.push(await openCatalogue(config, { mode: 'read', shard, ...options }));
  } catch (error) {
    await closeAll(found.filter((each) => each instanceof Catalogue));
    throw error;
  }
  return found;
}

export async function closeAll(catalogues: readonly Catalogue[]): Promise<void> {
  await Promise.all(catalogues.map((catalogue) => catalogue.close()));
}
