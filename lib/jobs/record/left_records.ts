/** What has left the cache earlier, by the catalogues of all layouts; they are opened when somebody asks. A reason to keep, never to remove (S15). */
import { Catalogue } from '../../catalogue/catalogue.js';
import { mayBeEqual, mergedRow } from '../../catalogue/merge.js';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import type { CatalogueRow } from '../../catalogue/row.js';
import { openEach } from '../../catalogue/open_each.js';

export class LeftRecords {
  readonly #config: CatalogueConfig;
  #opened: Promise<Catalogue[]> | undefined;

  constructor(config: CatalogueConfig) {
    this.#config = config;
  }

  /**
   * Has a record of this name and size left the cache, or was it to go?
   * @throws {CatalogueError, ConfigError} if one of the catalogues can't be read: then nobody knows (S11)
   */
  async has(path: string, size: number): Promise<boolean> {
    const catalogues = await (this.#opened ??= openAll(this.#config));
    const found = await Promise.all(catalogues.map((catalogue) => catalogue.rowsOf([path])));
    const rows = found.flatMap(([row]) => (row?.size === size ? [row] : []));
    // One of them may know that it came back.
    return rows.some((row) =>
      hasLeft(rows.filter((other) => mayBeEqual(other, row)).reduce((a, b) => mergedRow(a, b))),
    );
  }

  async close(): Promise<void> {
    for (const catalogue of (await this.#opened?.catch(() => [])) ?? []) await catalogue.close();
  }
}

function hasLeft({ removing, onlineRemoved }: CatalogueRow): boolean {
  return removing !== null || onlineRemoved !== null;
}

async function openAll(config: CatalogueConfig): Promise<Catalogue[]> {
  const found = await openEach(config, { unchecked: true });
  return found.filter((each) => each instanceof Catalogue);
}
