/**
 * The format of a segment: lines of JSON, compressed by gzip. The first line is the header; then comes a line for each row that was
 * taken out, and one for each row.
 */
import { z } from 'zod';
import { isReserved, nameProblem } from '../rules/names.js';
import { CATALOGUE_NAME } from './place.js';
import type { CatalogueRow, ForgottenRow } from './row.js';
import { LAST_DATE } from './row_problem.js';

/** Of the target's base, or of `catalogue_segments_url`: a directory for each catalogue, named by its id. */
export const SEGMENT_DIRECTORY = CATALOGUE_NAME;

const FORMAT = 'xrootd-archive catalogue segment';
/** Raised when an older program could no longer read segments rightly. */
const VERSION = 1;

/** A file isn't the segment that it should be: it is damaged, cut, of another catalogue, or of a newer version. */
export class SegmentError extends Error {
  override readonly name = 'SegmentError';
  readonly code: 'DamagedSegment' | 'NewerSegment';

  constructor(code: SegmentError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const header = z.object({
  format: z.literal(FORMAT),
  version: z.int().min(1),
  /** The catalogue's id. */
  archive: z.uuid(),
  /** Host, port and base of the target. */
  target: z.string(),
  /** 1, 2, 3, … */
  sequence: z.int().min(1),
  /** `changes`: what has changed since the segment before. `full`: a part of all rows. */
  kind: z.enum(['changes', 'full']),
  /** Where the last complete full one begins, if this segment ends it, or comes after it; 0: there is none. */
  full: z.int().min(0),
  rows: z.int().min(0),
  forgotten: z.int().min(0),
  /** SHA-256 of the file of the segment before; null for the first. */
  previous: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** ISO 8601. */
  made: z.iso.datetime(),
});

export type SegmentHeader = z.infer<typeof header>;

// Microseconds of the year 2256 are past the integers that z.int() takes.
const at = z.number().refine(Number.isInteger, 'no whole number').nullable().default(null);

/** Milliseconds since the epoch. */
const moment = at.refine((time) => time === null || Math.abs(time) <= LAST_DATE, 'no date');

const row = z.object({
  path: z
    .string()
    .refine(
      (path) => nameProblem(path) === undefined && !path.split('/').some(isReserved),
      'no name of a record',
    ),
  size: z.int().min(0),
  ...{ mtime: at, mode: at, remoteMtime: at },
  checksums: z.array(
    z.object({ type: z.string().regex(/^[\w-]+$/), value: z.string().regex(/^[0-9a-fA-F]+$/) }),
  ),
  source: z.enum(['put', 'read', 'server']),
  ...{ copied: moment, compared: moment, onTape: moment, removing: moment, removed: moment },
  rule: z.enum(['cached', 'backed_up']).nullable().default(null),
  ...{ onlineRemoved: moment, followed: moment, lost: moment, audited: moment },
  ...{ loss: z.string().nullable().default(null), audit: z.string().nullable().default(null) },
}) satisfies z.ZodType<CatalogueRow>;

const line = z.union([
  z.object({
    forgotten: z
      .object({ path: z.string(), at: z.int(), reason: z.string(), row })
      .refine((forgotten) => forgotten.path === forgotten.row.path, 'a row of another record'),
  }),
  row,
]);

export type SegmentLine = { row: CatalogueRow } | { forgotten: ForgottenRow };

/** `.xrootd-archive.catalogue/<id>/00000001.jsonl.gz` */
export function segmentName(id: string, sequence: number): string {
  return `${SEGMENT_DIRECTORY}/${id}/${String(sequence).padStart(8, '0')}.jsonl.gz`;
}

/** Of a name without its directory; undefined if no segment is named so. */
export function sequenceOf(name: string): number | undefined {
  const digits = /^(\d{8,15})\.jsonl\.gz$/.exec(name)?.[1];
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
}

export function headerLine(given: Omit<SegmentHeader, 'format' | 'version'>): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...given })}\n`;
}

/** What isn't known is left out. */
export function rowLine(given: CatalogueRow): string {
  return `${JSON.stringify(given, withoutNull)}\n`;
}

export function forgottenLine({ path, at, reason, row }: ForgottenRow): string {
  return `${JSON.stringify({ forgotten: { path, at, reason, row } }, withoutNull)}\n`;
}

function withoutNull(_: string, value: unknown): unknown {
  return value === null ? undefined : value;
}

/** @throws {SegmentError} */
export function parseHeader(text: string): SegmentHeader {
  const found = parsed(text, 'header');
  const version = (found as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > VERSION)
    throw new SegmentError(
      'NewerSegment',
      `written by a newer version of xrootd-archive (format ${version}, this one knows ${VERSION}): use that version`,
    );
  return valid(header, found, 'header');
}

/** @throws {SegmentError} */
export function parseLine(text: string): SegmentLine {
  const found = valid(line, parsed(text, 'line'), 'line');
  return 'forgotten' in found ? found : { row: found };
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SegmentError('DamagedSegment', `its ${what} is no JSON`, { cause: error });
  }
}

function valid<T>(schema: z.ZodType<T>, found: unknown, what: string): T {
  const result = schema.safeParse(found);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new SegmentError('DamagedSegment', `its ${what} is wrong: ${where} ${issue?.message ?? ''}`);
}
