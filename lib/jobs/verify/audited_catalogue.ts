/** The catalogue as an audit reads it, and writes what it has found out. */
import type { Catalogue } from '../../catalogue/catalogue.js';
import type { Change } from '../../catalogue/changes.js';
import { NoCatalogue, openCatalogue } from '../../catalogue/open_catalogue.js';
import { ConfigError, type ArchiveConfig } from '../../config/index.js';
import type { Shard } from '../../rules/sharding.js';

/** Changes that may wait for a commit: the server must not be quicker than the disk. */
const MOST_UNWRITTEN = 5000;

export type CatalogueReader = Pick<Catalogue, 'pages' | 'count' | 'rowsOf' | 'meta'>;

export class AuditedCatalogue implements AsyncDisposable {
  /** By a connection of its own, which no commit holds up. */
  readonly rows: CatalogueReader;
  readonly #reader: Catalogue;
  readonly #writer: Catalogue | undefined;
  #unwritten = 0;

  private constructor(reader: Catalogue, writer: Catalogue | undefined) {
    this.rows = reader;
    this.#reader = reader;
    this.#writer = writer;
  }

  /**
   * A catalogue that is missing isn't made, and a damaged one isn't put aside: that is for the pass, which removes nothing then.
   * @throws {ConfigError} if there is none; {CatalogueError} if it can't be used
   */
  static async open(
    config: ArchiveConfig,
    { shard, dryRun }: { shard: Shard | undefined; dryRun: boolean },
  ): Promise<AuditedCatalogue> {
    const reader = await opened(config, 'read', shard);
    try {
      return new AuditedCatalogue(reader, dryRun ? undefined : await opened(config, 'write', shard));
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** Written soon, unless it is a dry run. */
  note(change: Change): void {
    this.#writer?.note(change);
    this.#unwritten += 1;
  }

  /** Waits if much is to be written. @throws {CatalogueError} */
  async keepUp(): Promise<void> {
    if (this.#unwritten >= MOST_UNWRITTEN) await this.flush();
  }

  /** @throws {CatalogueError} */
  async flush(): Promise<void> {
    this.#unwritten = 0;
    await this.#writer?.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close();
    await this.#writer?.close();
  }
}

async function opened(
  config: ArchiveConfig,
  mode: 'read' | 'write',
  shard: Shard | undefined,
): Promise<Catalogue> {
  const catalogue = await openCatalogue(config, { mode, shard });
  if (catalogue === undefined)
    throw problem('there is none: "catalogue: false" is set, or neither cache_directory nor catalogue_path');
  if (catalogue instanceof NoCatalogue) throw problem(catalogue.reason);
  return catalogue;
}

function problem(message: string): ConfigError {
  return new ConfigError([{ key: 'catalogue', message }]);
}
