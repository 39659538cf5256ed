/**
 * What a file says of itself, read before SQLite opens it: SQLite would write to another program's database, too, and would take a log
 * that lies beside it for its own. File formats: https://www.sqlite.org/fileformat2.html
 */
import * as fs from 'node:fs';
import { CatalogueError } from './error.js';
import { APPLICATION_ID, FORMAT } from './schema.js';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const [BATCH_AT, APPLICATION_AT] = [60, 68];
/** Our tables are named so near the beginning of the file. */
const REMNANT = 'CREATE TABLE records';
const REMNANT_BYTES = 65_536;

/** `ours`: it says so, and SQLite may open it. */
export type FileKind = 'missing' | 'ours';

/**
 * @param reserved the file has a name of ours in the cache: whatever is there was a catalogue
 * @throws {CatalogueError} Damaged, Foreign, Newer, Unavailable; errors of the file system
 */
export function kindOf(file: string, reserved: boolean): FileKind {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return 'missing';
  if (!stat.isFile()) {
    const what = stat.isSymbolicLink()
      ? 'a symbolic link'
      : stat.isDirectory()
        ? 'a directory'
        : 'no regular file';
    throw new CatalogueError(
      'Unavailable',
      file,
      `${file} is ${what}, which isn't followed or opened: move it away, or give catalogue_path the place of a regular file`,
    );
  }
  if (stat.size === 0) throw new CatalogueError('Damaged', file, 'it is empty');
  const start = readStart(file, REMNANT_BYTES);
  const isOurs = reserved || start.includes(REMNANT);
  const isDatabase =
    start.length >= HEADER_BYTES && start.subarray(0, MAGIC.length).toString('latin1') === MAGIC;
  if (!isDatabase) {
    if (isOurs) throw new CatalogueError('Damaged', file, 'its header is damaged');
    throw foreign(file, 'no catalogue');
  }
  const application = start.readUInt32BE(APPLICATION_AT);
  const format = application - APPLICATION_ID;
  if (format < 1 || format > 0xff) {
    if (start.includes(REMNANT)) throw new CatalogueError('Damaged', file, 'its header is damaged');
    throw foreign(file, 'a database of another program');
  }
  if (format > FORMAT) {
    const message = `${file} was written by a newer version of xrootd-archive (format ${format}, this one knows ${FORMAT}): use that version`;
    throw new CatalogueError('Newer', file, message);
  }
  return 'ours';
}

function foreign(file: string, what: string): CatalogueError {
  const advice = 'give catalogue_path another place, or move that file away';
  return new CatalogueError('Foreign', file, `${file} is ${what}: ${advice}`);
}

function readStart(file: string, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  try {
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, bytes, 0));
  } finally {
    fs.closeSync(fd);
  }
}

const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * SQLite doesn't check that a log belongs to its file: an older copy that was put back beside a newer log would become a mixture of both.
 * Each commit of ours writes its number into page 1 (`user_version`). The log begins after a commit that the file has in whole, and so
 * has no commit that the file couldn't have; the file has none that the log doesn't.
 * @throws {CatalogueError} Damaged
 */
export function checkLog(file: string): void {
  const before = readStart(file, HEADER_BYTES);
  const log = commitsInLog(`${file}-wal`);
  if (log === undefined) return;
  // The file is read before and after: another process may write meanwhile, and the file only gets newer.
  const after = readStart(file, HEADER_BYTES);
  if (after.readUInt32BE(BATCH_AT) + 1 >= log.first && before.readUInt32BE(BATCH_AT) <= log.last) return;
  throw new CatalogueError(
    'Damaged',
    file,
    `it is a copy from another time than the log beside it (${file}-wal): before a copy is put back, the -wal and -shm of the other must go`,
  );
}

/** The numbers of the first and the last commit; undefined if there is none. */
function commitsInLog(name: string): { first: number; last: number } | undefined {
  let fd: number;
  try {
    fd = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const header = Buffer.alloc(LOG_HEADER_BYTES);
    if (fs.readSync(fd, header, 0, LOG_HEADER_BYTES, 0) < LOG_HEADER_BYTES) return undefined;
    const pageSize = header.readUInt32BE(8);
    if (pageSize < 512) return undefined;
    // Each frame repeats the salt of the log that it belongs to; behind those of this log lie frames of earlier ones.
    const salt = header.subarray(16, 24);
    const frame = Buffer.alloc(FRAME_HEADER_BYTES + HEADER_BYTES);
    let found: { first: number; last: number } | undefined;
    for (let at = LOG_HEADER_BYTES; ; at += FRAME_HEADER_BYTES + pageSize) {
      if (fs.readSync(fd, frame, 0, frame.length, at) < frame.length) return found;
      if (!frame.subarray(8, 16).equals(salt)) return found;
      if (frame.readUInt32BE(0) !== 1) continue;
      const batch = frame.readUInt32BE(FRAME_HEADER_BYTES + BATCH_AT);
      found = { first: found?.first ?? batch, last: batch };
    }
  } finally {
    fs.closeSync(fd);
  }
}
