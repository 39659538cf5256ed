/** Lines that are imported into a catalogue: what each of them says. */
import { z } from 'zod';
import type { CatalogueRow } from '../../catalogue/row.js';
import { rowProblem } from '../../catalogue/row_problem.js';
import { parseChecksumLine, type ListedFile } from '../../rules/checksum_list.js';
import type { ExportFormat } from './export.js';

/** A whole row, or a checksum of a record. */
export type ImportedLine = { row: CatalogueRow } | { listed: ListedFile };

const moment = z.int().nonnegative().nullable().default(null);
/** Files and servers may have times that no date holds. */
const someTime = z.number().nullable().default(null);
const text = z.string().nullable().default(null);

const rowSchema = z.strictObject({
  path: z.string(),
  size: z.int().nonnegative(),
  mtime: someTime,
  mode: z.int().nonnegative().max(0o7777).nullable().default(null),
  checksums: z.array(z.strictObject({ type: z.string(), value: z.string() })).default([]),
  source: z.enum(['put', 'read', 'server']).default('server'),
  remoteMtime: someTime,
  ...{ copied: moment, compared: moment, onTape: moment, removing: moment, removed: moment },
  rule: z.enum(['cached', 'backed_up']).nullable().default(null),
  ...{ onlineRemoved: moment, followed: moment, lost: moment, loss: text, audited: moment, audit: text },
});

/** JSON lines begin with a brace; no line of a checksum list does. */
export function formatOf(line: string): ExportFormat {
  return line
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('{')
    ? 'jsonl'
    : 'checksums';
}

/**
 * @param type of checksums that name none
 * @returns undefined for a line that says nothing
 * @throws {Error} that says what is wrong with the line
 */
export function parseImported(line: string, format: ExportFormat, type: string): ImportedLine | undefined {
  if (format === 'jsonl') return line.trim() === '' ? undefined : { row: parseRow(line) };
  const listed = parseChecksumLine(line, type);
  return listed && { listed };
}

function parseRow(line: string): CatalogueRow {
  let value: unknown;
  try {
    value = JSON.parse(line.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(`is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const read = rowSchema.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const key = issue?.path.join('.') ?? '';
    throw new Error(`is no row of a catalogue: ${key === '' ? '' : `${key}: `}${issue?.message ?? ''}`);
  }
  const row = withLowerCase(read.data);
  const problem = rowProblem(row);
  if (problem !== undefined) throw new Error(`is no row of a catalogue: ${problem}`);
  return row;
}

function withLowerCase(row: CatalogueRow): CatalogueRow {
  const lower = ({ type, value }: CatalogueRow['checksums'][number]) => ({
    ...{ type: type.toLowerCase(), value: value.toLowerCase() },
  });
  return { ...row, checksums: row.checksums.map(lower) };
}
