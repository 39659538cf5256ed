/** What somebody can do with an archive's catalogue. No server is asked. */
import type { ArchiveConfig } from '../../config/index.js';
import { adopt, type Adoption } from './adopt.js';
import { check, type CatalogueCheck } from './check.js';
import { exportLines, type ExportedLine, type ExportOptions } from './export.js';
import { find, type FindOptions, type FoundItem } from './find.js';
import { forget, type ForgetOptions, type ForgetResult } from './forget.js';
import { importLines, type ImportOptions, type ImportResult } from './import.js';
import { status, type CatalogueStatus } from './status.js';

export type { FindOptions, FoundItem };

/** Each method opens the catalogue's file and closes it again. All reject with a `ConfigError` if there is no catalogue. */
export class ArchiveCatalogue {
  readonly #config: ArchiveConfig;

  constructor(config: ArchiveConfig) {
    this.#config = config;
  }

  /** As `Archive.find`. */
  find(
    patterns: readonly string[] = [],
    options: FindOptions = {},
  ): AsyncGenerator<FoundItem, void, undefined> {
    return find(this.#config, patterns, options);
  }

  /** @throws {ConfigError | CatalogueError} */
  status(): Promise<CatalogueStatus> {
    return status(this.#config);
  }

  /** Reads each byte of the file, and each row. @throws {ConfigError | CatalogueError} `Damaged` */
  check(signal?: AbortSignal): Promise<CatalogueCheck> {
    return check(this.#config, signal);
  }

  /** @throws {ConfigError | CatalogueError} */
  export(options: ExportOptions): AsyncGenerator<ExportedLine, void, undefined> {
    return exportLines(this.#config, options);
  }

  /**
   * Makes the catalogue if there is none.
   * @param lines without their ends
   * @throws {ConfigError | CatalogueError | ImportError}
   */
  import(
    lines: Iterable<string> | AsyncIterable<string>,
    options: ImportOptions = {},
  ): Promise<ImportResult> {
    return importLines(this.#config, lines, options);
  }

  /**
   * Takes rows out, and remembers that, with the reason.
   * @param paths whole names of records; no directories, no globs
   * @throws {ConfigError | CatalogueError}
   */
  forget(paths: readonly string[], options: ForgetOptions): Promise<ForgetResult> {
    return forget(this.#config, paths, options);
  }

  /** The catalogue belongs to this configuration from now on, though cache or target have another name. @throws {ConfigError | CatalogueError} */
  adopt(): Promise<Adoption[]> {
    return adopt(this.#config);
  }
}
