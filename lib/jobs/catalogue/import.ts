/** Brings rows from elsewhere into a catalogue: what was exported, or a list of checksums. */
import type { Catalogue } from '../../catalogue/catalogue.js';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import type { CatalogueRow } from '../../catalogue/row.js';
import type { ArchiveConfig } from '../../config/index.js';
import { checksumText, sameChecksum } from '../../rules/checksum.js';
import type { ListedFile } from '../../rules/checksum_list.js';
import { printableName } from '../../rules/names.js';
import type { Failure } from '../events/report.js';
import type { ExportFormat } from './export.js';
import { formatOf, parseImported, type ImportedLine } from './imported_lines.js';
import { isKept, openToChange } from './open_kept.js';
import { checkOptions, type Known } from '../../config/known_options.js';

export interface ImportOptions {
  /** Default: JSON lines if the first line begins with `{`, else a checksum list. */
  format?: ExportFormat | undefined;
  /**
   * Of a checksum list: it was made from the records' bytes by somebody who had them, and so counts as much as what a pass reads.
   * Default false: it counts as the server's word.
   */
  asRead?: boolean | undefined;
  /** Checks the lines; writes nothing. Default false. */
  dryRun?: boolean | undefined;
  /** Ends it; what was brought in by then stays. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<ImportOptions> = { format: true, asRead: true, dryRun: true, signal: true };

export interface ImportResult {
  format: ExportFormat;
  /** Rows that were written; with `dryRun` those that would be. */
  imported: number;
  /** Entries that couldn't be used. */
  failed: number;
  /** The first 100 of them. */
  failures: Failure[];
}

/** A line that can't be understood ends an import. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  /** From 1. */
  readonly line: number;
  /** Rows before it that are in the catalogue. */
  readonly imported: number;
  readonly exitCode: 1 | 2;

  constructor(line: number, imported: number, problem: string) {
    const before =
      imported === 0
        ? 'nothing was imported'
        : `${imported} rows before it were imported; giving them again does no harm`;
    super(`line ${line} ${problem}; ${before}`);
    this.line = line;
    this.imported = imported;
    this.exitCode = imported === 0 ? 2 : 1;
  }
}

/** Lines that are parsed, and written by one commit. */
const linesAtOnce = 1000;
const mostFailures = 100;

/**
 * Rows are written in groups: a line that is wrong ends the import, and leaves what came before. Where something is known of a record
 * already, what was found out later counts. A checksum list has no sizes, so it adds to rows that are there.
 * @throws {ConfigError | CatalogueError | ImportError}
 */
export async function importLines(
  config: CatalogueConfig & Pick<ArchiveConfig, 'checksumType'>,
  lines: Iterable<string> | AsyncIterable<string>,
  options: ImportOptions = {},
): Promise<ImportResult> {
  checkOptions(options, KNOWN);
  // A dry run makes none, and what would be made is empty.
  const catalogue =
    options.dryRun === true && !(await isKept(config))
      ? undefined
      : await openToChange(config, { make: true });
  try {
    return await new Import(catalogue, config.checksumType, options).run(lines);
  } finally {
    await catalogue?.close();
  }
}

class Import {
  /** Undefined: nothing is known, nothing is to be written. */
  readonly #catalogue: Catalogue | undefined;
  readonly #type: string;
  readonly #options: ImportOptions;
  readonly #result: ImportResult = { format: 'jsonl', imported: 0, failed: 0, failures: [] };

  constructor(catalogue: Catalogue | undefined, type: string, options: ImportOptions) {
    this.#catalogue = catalogue;
    this.#type = type;
    this.#options = options;
  }

  async run(lines: Iterable<string> | AsyncIterable<string>): Promise<ImportResult> {
    let { format } = this.#options;
    let number = 0;
    let group: ImportedLine[] = [];
    for await (const line of lines) {
      number++;
      if (format === undefined && line.trim() !== '') format = formatOf(line);
      const parsed = this.#parsed(line, number, format ?? 'jsonl');
      if (parsed !== undefined) group.push(parsed);
      if (group.length < linesAtOnce) continue;
      await this.#write(group);
      group = [];
    }
    await this.#write(group);
    return { ...this.#result, format: format ?? 'jsonl' };
  }

  #parsed(line: string, number: number, format: ExportFormat): ImportedLine | undefined {
    try {
      return parseImported(line, format, this.#type);
    } catch (error) {
      const written = this.#options.dryRun === true ? 0 : this.#result.imported;
      throw new ImportError(number, written, (error as Error).message);
    }
  }

  async #write(group: readonly ImportedLine[]): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const rows = group.flatMap((one) => ('row' in one ? [one.row] : []));
    rows.push(...(await this.#completed(group.flatMap((one) => ('listed' in one ? [one.listed] : [])))));
    if (this.#options.dryRun !== true) {
      for (const row of rows) this.#catalogue?.note({ kind: 'imported', row });
      await this.#catalogue?.flush();
    }
    this.#result.imported += rows.length;
  }

  /** The rows of the listed files, with their checksums. */
  async #completed(listed: readonly ListedFile[]): Promise<CatalogueRow[]> {
    if (listed.length === 0) return [];
    const found = await this.#catalogue?.rowsOf(listed.map(({ path }) => path));
    const rows = new Map(found?.flatMap((row) => (row === undefined ? [] : [[row.path, row]])));
    return listed.flatMap(({ path, expected: { type, value } }) => {
      const row = rows.get(path);
      if (row === undefined) {
        this.#fail(
          path,
          'NotFound',
          'the catalogue has no record of this name, and a checksum list has no sizes',
        );
        return [];
      }
      const known = row.checksums.find((sum) => sum.type === type);
      if (known !== undefined && !sameChecksum(known, { type, value })) {
        const message = `the catalogue has ${checksumText(known)} (${row.source}), the list ${checksumText({ type, value })}`;
        this.#fail(path, 'Conflict', message);
        return [];
      }
      // The list may name it again.
      rows.set(path, {
        ...row,
        checksums: [...row.checksums.filter((sum) => sum !== known), { type, value }],
      });
      const source = this.#options.asRead === true ? 'read' : 'server';
      return [{ ...row, checksums: [{ type, value }], source }];
    });
  }

  #fail(path: string, code: string, message: string): void {
    this.#result.failed++;
    if (this.#result.failures.length < mostFailures)
      this.#result.failures.push({ path: printableName(path), code, message });
  }
}
