/** The catalogue as an audit reads it, all its files as one, and writes what it has found out. */
import type { Catalogue } from '../../catalogue/catalogue.js';
import type { Change } from '../../catalogue/changes.js';
import { mayBeEqual } from '../../catalogue/merge.js';
import { NoCatalogue, openCatalogue } from '../../catalogue/open_catalogue.js';
import { catalogueFile } from '../../catalogue/place.js';
import { shardsBeside } from '../../catalogue/shard_files.js';
import { unionOf, type CatalogueReader } from '../../catalogue/union.js';
import { ConfigError, type ArchiveConfig } from '../../config/index.js';
import type { Shard } from '../../rules/sharding.js';

/** Changes that may wait for a commit: the server must not be quicker than the disk. */
const MOST_UNWRITTEN = 5000;

interface AuditedFile {
  /** A connection of its own, which no commit holds up. */
  reader: Catalogue;
  /** None in a dry run. */
  writer: Catalogue | undefined;
}

type AuditedFiles = readonly [AuditedFile, ...AuditedFile[]];

export class AuditedCatalogue implements AsyncDisposable {
  readonly rows: CatalogueReader;
  readonly #files: AuditedFiles;
  /** Of several files: which of them have the rows isn't known yet. */
  #unsent: Change[] = [];
  #unwritten = 0;

  private constructor(files: AuditedFiles) {
    const [first, ...others] = files;
    this.#files = files;
    this.rows = unionOf([first.reader, ...others.map(({ reader }) => reader)]);
  }

  /**
   * A catalogue that is missing isn't made, and a damaged one isn't put aside: that is for the pass, which removes nothing then.
   * @param options.shard reads and writes its file alone
   * @throws {ConfigError} if there is none; {CatalogueError} if it can't be used
   */
  static async open(
    config: ArchiveConfig,
    { shard, dryRun }: { shard: Shard | undefined; dryRun: boolean },
  ): Promise<AuditedCatalogue> {
    const file = catalogueFile(config);
    const kept = shard !== undefined || file === undefined ? [shard] : await shardsBeside(file);
    // Where there is none, opening it tells so.
    const [first, ...others] = kept;
    const files: [AuditedFile, ...AuditedFile[]] = [await openedFile(config, first, dryRun)];
    try {
      for (const other of others) files.push(await openedFile(config, other, dryRun));
    } catch (error) {
      await closeAll(files);
      throw error;
    }
    return new AuditedCatalogue(files);
  }

  /** Written soon, into the files that have the row, else into the first one; unless it is a dry run. */
  note(change: Change): void {
    this.#unwritten += 1;
    const [{ writer }, ...others] = this.#files;
    if (others.length === 0) writer?.note(change);
    else this.#unsent.push(change);
  }

  /** Waits if much is to be written. @throws {CatalogueError} */
  async keepUp(): Promise<void> {
    if (this.#unwritten >= MOST_UNWRITTEN) await this.flush();
  }

  /** @throws {CatalogueError} */
  async flush(): Promise<void> {
    this.#unwritten = 0;
    const changes = this.#unsent;
    this.#unsent = [];
    if (changes.length > 0) await this.#send(changes);
    for (const { writer } of this.#files) await writer?.flush();
  }

  /** A file that knows another record of that name is left alone: a later fact would make that one the record. */
  async #send(changes: readonly Change[]): Promise<void> {
    const paths = changes.map((change) => ('path' in change ? change.path : ''));
    const rows = await this.rows.rowsOf(paths);
    const [first] = this.#files;
    for (const { reader, writer } of this.#files) {
      const own = await reader.rowsOf(paths);
      for (const [index, change] of changes.entries()) {
        const [row, its] = [rows[index], own[index]];
        const isMeant = !('path' in change)
          ? reader === first.reader
          : row !== undefined && its !== undefined && mayBeEqual(row, its);
        if (isMeant) writer?.note(change);
      }
    }
  }

  /** Writes what is left, as far as it can be written: flush() first tells whether it could. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush().catch(() => undefined);
    await closeAll(this.#files);
  }
}

async function openedFile(
  config: ArchiveConfig,
  shard: Shard | undefined,
  dryRun: boolean,
): Promise<AuditedFile> {
  const reader = await opened(config, 'read', shard);
  try {
    return { reader, writer: dryRun ? undefined : await opened(config, 'write', shard) };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function closeAll(files: readonly AuditedFile[]): Promise<void> {
  for (const { reader, writer } of files) {
    await reader.close();
    await writer?.close();
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
