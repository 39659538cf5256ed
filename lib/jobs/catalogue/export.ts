/** Writes a catalogue as lines: a checksum list, or an object a row. */
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import type { CatalogueRow } from '../../catalogue/row.js';
import type { ArchiveConfig } from '../../config/index.js';
import { checksumText, sameChecksum, type Checksum } from '../../rules/checksum.js';
import { parseChecksumLine } from '../../rules/checksum_list.js';
import { printableName } from '../../rules/names.js';
import type { Failure } from '../events/report.js';
import { openReader } from './open_kept.js';
import { checkOptions, type Known } from '../../config/known_options.js';

export type ExportFormat = 'checksums' | 'jsonl';

export interface ExportOptions {
  /**
   * `checksums`: a list that `verify` reads, with one checksum a record: that of the configured `checksumType`, else the first that is
   * known. `jsonl`: an object a row, with all that is known, as `import` takes it.
   */
  format: ExportFormat;
  /** Ends it: the generator throws its reason. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<ExportOptions> = { format: true, signal: true };

/** A line without its end, or a Failure for a record that such a list can't hold. */
export type ExportedLine = { line: string } | (Failure & { failed: true });

/** In the order of the paths' bytes. @throws {ConfigError | CatalogueError} */
export async function* exportLines(
  config: CatalogueConfig & Pick<ArchiveConfig, 'checksumType'>,
  options: ExportOptions,
): AsyncGenerator<ExportedLine, void, undefined> {
  checkOptions(options, KNOWN);
  const { format, signal } = options;
  const catalogue = await openReader(config);
  try {
    for await (const page of catalogue.pages()) {
      signal?.throwIfAborted();
      for (const row of page)
        yield format === 'jsonl' ? { line: JSON.stringify(row) } : checksumLine(row, config.checksumType);
    }
  } finally {
    await catalogue.close();
  }
}

/** @param type of the checksum, if there are several */
export function checksumLine({ path, checksums }: CatalogueRow, type: string): ExportedLine {
  const sum = checksums.find((one) => one.type === type) ?? checksums[0];
  if (sum === undefined) return left(path, 'NoChecksum', 'the catalogue has no checksum of it');
  const line = `${checksumText(sum)}  ${path}`;
  return readsBack(line, path, sum)
    ? { line }
    : left(path, 'BadName', 'a checksum list cannot hold its name');
}

/** Some names can't be in such a list: the one that reads it decides. */
function readsBack(line: string, path: string, sum: Checksum): boolean {
  try {
    const read = parseChecksumLine(line, sum.type);
    return !line.includes('\n') && read?.path === path && sameChecksum(read.expected, sum);
  } catch {
    return false;
  }
}

function left(path: string, code: string, message: string): ExportedLine {
  return { path: printableName(path), code, message: `${message}: it is left out`, failed: true };
}
