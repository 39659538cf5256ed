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
 * written or since its writer was killed. So, as for SQLite, the log ends at the first frame whose salt or checksum is wrong. It is
 * damaged if that frame was right once.
 */
function commitsBehind(fd: number, header: Buffer): Commits | 'damaged' | undefined {
  const form = formOf(header);
  if (form === undefined) return hasSyncedCommit(fd, LOG_HEADER_BYTES, OUR_FORM) ? 'damaged' : undefined;
  const { frameBytes, salt } = form;
  const sum = form.sum.copy();
  const frame = Buffer.alloc(frameBytes);
  const isRight = (before: RunningSum) => isOf(frame, salt) && before.copy().addFrame(frame).isAt(frame, 16);
  let found: Commits | undefined;
  let batch: number | undefined;
  for (let at = LOG_HEADER_BYTES; ; at += frameBytes) {
    if (fs.readSync(fd, frame, 0, frameBytes, at) < frameBytes) return found;
    if (!isRight(sum)) {
      if (!hasSyncedCommit(fd, at, form, sum)) return found;
      // It may have been written while it was read.
      if (fs.readSync(fd, frame, 0, frameBytes, at) < frameBytes) return found;
      if (!isRight(sum)) return 'damaged';
    }
    sum.set(frame, 16);
    if (frame.readUInt32BE(0) === 1) batch = frame.readUInt32BE(FRAME_HEADER_BYTES + BATCH_AT);
    if (!endsCommit(frame) || batch === undefined) continue;
    found = { first: found?.first ?? batch, last: batch };
  }
}

/** How the frames of a log look. */
interface LogForm {
  frameBytes: number;
  /** Each frame repeats that of the log that it belongs to; behind those of this log lie frames of earlier ones. */
  salt: Buffer | undefined;
  /** Of the log's header: that of the first frame goes on from it. */
  sum: RunningSum;
}

/** Undefined: the header isn't one. */
function formOf(header: Buffer): (LogForm & { salt: Buffer }) | undefined {
  const magic = header.readUInt32BE(0);
  const pageSize = header.readUInt32BE(8);
  if ((magic & ~1) !== MAGIC || !isPageSize(pageSize)) return undefined;
  const sum = new RunningSum(magic === MAGIC).add(header.subarray(0, 24));
  if (!sum.isAt(header, 24)) return undefined;
  return { frameBytes: FRAME_HEADER_BYTES + pageSize, salt: header.subarray(16, 24), sum };
}

function isPageSize(size: number): boolean {
  return size >= LEAST_PAGE_BYTES && size <= MOST_PAGE_BYTES && (size & (size - 1)) === 0;
}

/**
 * Is there a commit from this frame on, and a right frame behind it? A commit is synced before the next one begins: then everything
 * before it was right once. A frame's own checksum, by which the next one is right, speaks for all before it.
 * @param from a frame that isn't right, whatever is wrong with it
 * @param before of all before it
 */
function hasSyncedCommit(
  fd: number,
  from: number,
  { frameBytes, salt, sum }: LogForm,
  before?: RunningSum,
): boolean {
  const [one, next] = [Buffer.alloc(frameBytes), Buffer.alloc(frameBytes)];
  const read = (into: Buffer, at: number) => fs.readSync(fd, into, 0, frameBytes, at) === frameBytes;
  const goesOn = (after: RunningSum) => after.addFrame(next).isAt(next, 16);
  for (let at = from; read(one, at); at += frameBytes) {
    if (!endsCommit(one) || (at > from && !isOf(one, salt))) continue;
    if (!read(next, at + frameBytes)) return false;
    if (!isOf(next, salt ?? one.subarray(8, 16))) continue;
    if (goesOn(sum.copy().set(one, 16))) return true;
    if (at === from && before !== undefined && goesOn(before.copy().addFrame(one))) return true;
  }
  return false;
}

/** @param salt undefined: of any log */
function isOf(frame: Buffer, salt: Buffer | undefined): boolean {
  return salt === undefined || frame.subarray(8, 16).equals(salt);
}

function endsCommit(frame: Buffer): boolean {
  return frame.readUInt32BE(4) > 0;
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

/** For a log whose header can't be read: SQLite's own page size, and checksums of little-endian words. */
const OUR_FORM: LogForm = {
  frameBytes: FRAME_HEADER_BYTES + 4096,
  salt: undefined,
  sum: new RunningSum(true),
};
