/** Writes a segment to a local file, and reads one. Both are streams: a segment is never in memory as a whole. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, gzipSync } from 'node:zlib';
import {
  headerLine,
  parseHeader,
  parseLine,
  SegmentError,
  type SegmentHeader,
  type SegmentLine,
} from './segment.js';
import type { LinePages } from './segment_pages.js';

export interface MadeSegment {
  header: SegmentHeader;
  /** SHA-256 of its bytes. */
  hash: string;
  /** The path of the last row in it; `` if it has no rows. */
  upTo: string;
  /** Nothing is left for another. */
  isLast: boolean;
}

/** What the header says besides what is counted. @param isLast no other segment follows with this one's rest */
export type HeaderOf = (
  counted: Pick<SegmentHeader, 'rows' | 'forgotten'>,
  isLast: boolean,
) => Parameters<typeof headerLine>[0];

/**
 * The header stands first and has the number of lines: so the lines are written to a file of their own, and the segment is the header,
 * compressed by itself, and that file. Programs that read gzip take this for one file.
 * @param file replaced, if it is there
 * @param mostLines about as many lines as it may have
 * @throws system errors; the signal's reason; {CatalogueError}
 */
export async function writeSegment(
  file: string,
  pages: LinePages,
  mostLines: number,
  headerOf: HeaderOf,
  signal?: AbortSignal,
): Promise<MadeSegment> {
  const body = `${file}.lines`;
  let [rows, forgotten, upTo] = [0, 0, ''];
  const lines = async function* () {
    while (rows + forgotten < mostLines) {
      const page = await pages.next();
      if (page === undefined) return;
      rows += page.rows;
      forgotten += page.forgotten;
      upTo = page.upTo ?? upTo;
      yield Buffer.from(page.text);
    }
  };
  await Promise.all([rm(file, { force: true }), rm(body, { force: true })]);
  try {
    await pipeline(Readable.from(lines()), createGzip(), newFile(body), { signal });
    const isLast = pages.isAtEnd;
    const text = headerLine(headerOf({ rows, forgotten }, isLast));
    const hash = createHash('sha256');
    const whole = async function* () {
      yield gzipSync(text);
      for await (const chunk of fs.createReadStream(body)) yield chunk as Buffer;
    };
    await pipeline(Readable.from(hashed(whole(), hash)), newFile(file), { signal });
    return { header: parseHeader(text), hash: hash.digest('hex'), upTo, isLast };
  } finally {
    await rm(body, { force: true });
  }
}

async function* hashed(
  source: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Names of records are nobody else's business. Waits for the disk at the end. */
function newFile(file: string): fs.WriteStream {
  return fs.createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
}

/** SHA-256 of a file's bytes. */
export async function hashOfFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of fs.createReadStream(file, { signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Bytes of a line that nobody of us would write. */
const MOST_LINE_BYTES = 2 ** 22;

/** Reads the header alone. @throws {SegmentError} */
export async function readHeader(file: string): Promise<SegmentHeader> {
  for await (const [first] of lineGroups(file)) if (first !== undefined) return parseHeader(first);
  throw new SegmentError('DamagedSegment', 'it is empty');
}

/**
 * Reads all lines after the header, in groups, and compares their number with what the header says.
 * @throws {SegmentError} also after some groups
 */
export async function* readSegment(file: string): AsyncGenerator<SegmentLine[], void, undefined> {
  let header: SegmentHeader | undefined;
  let [rows, forgotten] = [0, 0];
  for await (const group of lineGroups(file)) {
    const lines = (header === undefined ? group.slice(1) : group).map(parseLine);
    header ??= parseHeader(group[0] ?? '');
    for (const line of lines)
      if ('row' in line) rows += 1;
      else forgotten += 1;
    if (rows > header.rows || forgotten > header.forgotten) break;
    if (lines.length > 0) yield lines;
  }
  if (header === undefined) throw new SegmentError('DamagedSegment', 'it is empty');
  if (rows === header.rows && forgotten === header.forgotten) return;
  const found = `${rows} rows and ${forgotten} that were taken out`;
  throw new SegmentError(
    'DamagedSegment',
    `it has ${found}, its header says ${header.rows} and ${header.forgotten}`,
  );
}

/** Lines end with a newline only: names of records may have U+2028, which readline takes for another end. */
async function* lineGroups(file: string): AsyncGenerator<string[], void, undefined> {
  const source = fs.createReadStream(file);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for await (const chunk of gunzip) {
      const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MOST_LINE_BYTES)
        throw new SegmentError('DamagedSegment', 'it has a line without end');
      if (lines.length > 0) yield lines;
    }
    rest += decoder.decode();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code.startsWith('Z_') || code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new SegmentError('DamagedSegment', `its bytes are damaged: ${message}`, { cause: error });
    throw error;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
  if (rest !== '') throw new SegmentError('DamagedSegment', 'its last line has no end');
}
