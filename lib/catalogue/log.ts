/**
 * Does the log (`-wal`) that lies beside a catalogue belong to it? SQLite would take it for its own in any case. Format:
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
import * as fs from 'node:fs';
import { CatalogueError } from './error.js';
import { hasLog, readHeader } from './header.js';

/** Of `user_version` in page 1. */
const BATCH_AT = 60;
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const LEAST_PAGE_BYTES = 512;
const MOST_PAGE_BYTES = 65_536;
/** In the log's first four bytes; plus 1 if its checksums are of big-endian words. */
const MAGIC = 0x377f0682;

/**
 * SQLite doesn't check that a log belongs to its file: an older copy that was put back beside a newer log would become a mixture of both.
 * Each commit of ours writes its number into page 1 (`user_version`). The log begins after a commit that the file has in whole, and so
 * has no commit that the file couldn't have; the file has none that the log doesn't.
 * @throws {CatalogueError} Damaged
 */
export function checkLog(file: string): void {
  // Nothing to compare, as after each orderly end.
  if (!hasLog(file)) return;
  const before = readHeader(file)?.batch;
  const log = commitsInLog(`${file}-wal`);
  // A writer began the log anew meanwhile: what was read of it is neither all of the old one nor of the new one.
  if (log === 'begun anew') {
    checkLog(file);
    return;
  }
  if (log === 'damaged')
    throw new CatalogueError('Damaged', file, `the log beside it (${file}-wal) is damaged before its end`);
  if (log === undefined) return;
  // The file is read before and after: another process may write meanwhile, and the file only gets newer.
  const after = readHeader(file)?.batch;
  if (before === undefined || after === undefined) return;
  if (after + 1 >= log.first && before <= log.last) return;
  throw new CatalogueError(
    'Damaged',
    file,
    `it is a copy from another time than the log beside it (${file}-wal): before a copy is put back, the -wal and -shm of the other must go`,
  );
}

/** The numbers of the first and the last commit. */
interface Commits {
  first: number;
  last: number;
}

/** Undefined if there is none. */
function commitsInLog(name: string): Commits | 'begun anew' | 'damaged' | undefined {
  let fd: number;
  try {
    fd = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const header = readLogHeader(fd);
    if (header === undefined) return undefined;
    const found = commitsBehind(fd, header);
    return readLogHeader(fd)?.equals(header) === true ? found : 'begun anew';
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * A log is written over from its beginning, and a frame in two pieces: a new frame's header may stand before an old page, while it is
 * written or since its writer was killed. So, as for SQLite, the log ends at the first frame whose checksum is wrong. It is damaged if
 * that frame was right once.
 */
function commitsBehind(fd: number, header: Buffer): Commits | 'damaged' | undefined {
  const magic = header.readUInt32BE(0);
  const pageSize = header.readUInt32BE(8);
  if ((magic & ~1) !== MAGIC || !isPageSize(pageSize)) return undefined;
  const sum = new RunningSum(magic === MAGIC);
  if (!sum.add(header.subarray(0, 24)).isAt(header, 24)) return undefined;
  // Each frame repeats the salt of the log that it belongs to; behind those of this log lie frames of earlier ones.
  const salt = header.subarray(16, 24);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + pageSize);
  const page = frame.subarray(FRAME_HEADER_BYTES);
  let found: Commits | undefined;
  let batch: number | undefined;
  for (let at = LOG_HEADER_BYTES; ; at += frame.length) {
    if (fs.readSync(fd, frame, 0, frame.length, at) < frame.length) return found;
    if (!frame.subarray(8, 16).equals(salt)) return found;
    const before = sum.copy();
    if (!sum.addFrame(frame).isAt(frame, 16)) {
      const stored = sum.copy().set(frame, 16);
      const behind = at + frame.length;
      if (![stored, sum].some((each) => goesOn(fd, behind, frame.length, salt, each.copy()))) return found;
      // It may have been written while it was read.
      if (fs.readSync(fd, frame, 0, frame.length, at) < frame.length) return found;
      if (!before.addFrame(frame).isAt(frame, 16)) return 'damaged';
      sum.set(frame, 16);
    }
    if (frame.readUInt32BE(0) === 1) batch = page.readUInt32BE(BATCH_AT);
    const endsCommit = frame.readUInt32BE(4) > 0;
    if (!endsCommit || batch === undefined) continue;
    found = { first: found?.first ?? batch, last: batch };
  }
}

function isPageSize(size: number): boolean {
  return size >= LEAST_PAGE_BYTES && size <= MOST_PAGE_BYTES && (size & (size - 1)) === 0;
}

/**
 * Is there a commit behind, and more? Each commit was synced before the next one began: what is before it was right once, and is damaged
 * if it isn't now.
 * @param sum of all before; it goes on from it
 */
function goesOn(fd: number, from: number, length: number, salt: Buffer, sum: RunningSum): boolean {
  const frame = Buffer.alloc(length);
  let hasCommit = false;
  for (let at = from; fs.readSync(fd, frame, 0, length, at) === length; at += length) {
    if (!frame.subarray(8, 16).equals(salt) || !sum.addFrame(frame).isAt(frame, 16)) return false;
    if (hasCommit) return true;
    hasCommit = frame.readUInt32BE(4) > 0;
  }
  return false;
}

/** The checksum of all that was added: two words that each depend on all words before. */
class RunningSum {
  readonly #littleEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  add(bytes: Buffer): this {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += 8) {
      this.#first = (this.#first + words.getUint32(at, this.#littleEndian) + this.#second) >>> 0;
      this.#second = (this.#second + words.getUint32(at + 4, this.#littleEndian) + this.#first) >>> 0;
    }
    return this;
  }

  addFrame(frame: Buffer): this {
    return this.add(frame.subarray(0, 8)).add(frame.subarray(FRAME_HEADER_BYTES));
  }

  set(bytes: Buffer, at: number): this {
    this.#first = bytes.readUInt32BE(at);
    this.#second = bytes.readUInt32BE(at + 4);
    return this;
  }

  copy(): RunningSum {
    const sum = new RunningSum(this.#littleEndian);
    sum.#first = this.#first;
    sum.#second = this.#second;
    return sum;
  }

  isAt(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#first && bytes.readUInt32BE(at + 4) === this.#second;
  }
}

function readLogHeader(fd: number): Buffer | undefined {
  const header = Buffer.alloc(LOG_HEADER_BYTES);
  return fs.readSync(fd, header, 0, LOG_HEADER_BYTES, 0) < LOG_HEADER_BYTES ? undefined : header;
}
