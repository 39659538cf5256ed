/** Takes a catalogue over for a configuration whose cache or target has another name by now. */
import type { Catalogue } from '../../catalogue/catalogue.js';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import { openToChange, openToRead, shardsKept } from './open_kept.js';

/** What a catalogue says that it belongs to. */
export interface CatalogueOwner {
  /** Host, port and base. */
  target: string;
  /** Empty: the cache in whose root the catalogue is. */
  cache: string;
}

/** A file of the catalogue that `adopt` has looked at. */
export interface Adoption {
  /** The catalogue's file. */
  file: string;
  /** Whom it belonged to. */
  before: CatalogueOwner;
  /** Whom it belongs to now. */
  now: CatalogueOwner;
  /** False: it belonged to this configuration already. */
  changed: boolean;
}

/** One for each file of the catalogue. @throws {ConfigError | CatalogueError} */
export async function adopt(config: CatalogueConfig): Promise<Adoption[]> {
  const adopted: Adoption[] = [];
  for (const shard of await shardsKept(config)) {
    const before = await ownerIn(await openToRead(config, { adopt: true, shard }));
    const catalogue = await openToChange(config, { adopt: true, shard });
    const now = await ownerIn(catalogue);
    const changed = before.target !== now.target || before.cache !== now.cache;
    adopted.push({ file: catalogue.file, before, now, changed });
  }
  return adopted;
}

async function ownerIn(catalogue: Catalogue): Promise<CatalogueOwner> {
  try {
    return { target: (await catalogue.meta('target')) ?? '', cache: (await catalogue.meta('cache')) ?? '' };
  } finally {
    await catalogue.close();
  }
}
