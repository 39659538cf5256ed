/**
 * What a file says of itself, read before SQLite opens it: SQLite would write to another program's database, too. File format:
 * https://www.sqlite.org/fileformat2.html
 */
import * as fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { CatalogueError } from './error.js';
import { APPLICATION_ID, FORMAT } from './schema.js';

/** Of a page, and so of a database: SQLite takes what is shorter for an empty one. */
const LEAST_BYTES = 512;
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
  const header = stat.size < LEAST_BYTES ? undefined : settledHeader(file);
  if (header === undefined) {
    if (reserved || hasRemnant(file)) throw new CatalogueError('Damaged', file, 'its header is damaged');
    throw foreign(file, 'no catalogue');
  }
  const format = header.application - APPLICATION_ID;
  if (format < 1 || format > 0xff) {
    if (header.hasTables ?? hasRemnant(file))
      throw new CatalogueError('Damaged', file, 'its header is damaged');
    throw foreign(file, 'a database of another program');
  }
  if (format > FORMAT) {
    const message = `${file} was written by a newer version of xrootd-archive (format ${format}, this one knows ${FORMAT}): use that version`;
    throw new CatalogueError('Newer', file, message);
  }
  // No version that has this format writes such a schema.
  if (header.hasTables === undefined) throw new CatalogueError('Damaged', file, 'its header is damaged');
  return 'ours';
}

interface Header {
  application: number;
  /** Of the last commit that is in the file itself, not only in its log. */
  batch: number;
  /** Ours; undefined: this SQLite doesn't know the schema's own format. */
  hasTables: boolean | undefined;
}

/** Of a writer that moves its log into the file, on the busiest machine. */
const LONGEST_MOVE_MILLISECONDS = 5000;

/**
 * Page 1 may be read while SQLite writes it: nothing here waits for its locks. Where there is no log, nobody moves one into the file.
 */
function settledHeader(file: string): Header | undefined {
  for (const deadline = performance.now() + LONGEST_MOVE_MILLISECONDS; ;) {
    // A writer that ends removes its log when all is in the file: what was read before that says nothing.
    const hadLog = hasLog(file);
    const header = readHeader(file);
    if (header !== undefined || !(hadLog || hasLog(file)) || performance.now() > deadline) return header;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

export function hasLog(file: string): boolean {
  return (fs.lstatSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/**
 * Read by SQLite, but without locks, without its log, and without writing: https://www.sqlite.org/uri.html#uriimmutable
 * We must not open and close the file ourselves: that would end all locks which SQLite holds on it in this process, and another process
 * would then remove the log that ours still writes (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 * @returns undefined if it is no database
 */
export function readHeader(file: string): Header | undefined {
  const database = new Database(`${pathToFileURL(file).href}?immutable=1&mode=ro`);
  try {
    // Page 1 may speak of pages that only the log has, since somebody who moved them was killed. What is read then is checked with the log.
    if (hasLog(file)) database.exec('PRAGMA writable_schema = 1');
    const numberOf = (sql: string) => (database.prepare(sql).raw().get() as [number])[0];
    return {
      application: numberOf('PRAGMA application_id'),
      batch: numberOf('PRAGMA user_version'),
      hasTables: hasTables(database),
    };
  } catch (error) {
    if (/^SQLITE_(CORRUPT|NOTADB)/.test((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  } finally {
    database.close();
  }
}

function hasTables(database: Database.Database): boolean | undefined {
  try {
    const query = `SELECT count(*) FROM sqlite_schema WHERE sql LIKE '${REMNANT}%'`;
    return (database.prepare(query).raw().get() as [number])[0] > 0;
  } catch (error) {
    if (/unsupported file format/.test((error as Error).message)) return undefined;
    throw error;
  }
}

/** Only of a file that SQLite can't read, and so holds no locks on. */
function hasRemnant(file: string): boolean {
  const buffer = Buffer.alloc(REMNANT_BYTES);
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  try {
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, REMNANT_BYTES, 0)).includes(REMNANT);
  } finally {
    fs.closeSync(fd);
  }
}

function foreign(file: string, what: string): CatalogueError {
  const advice = 'give catalogue_path another place, or move that file away';
  return new CatalogueError('Foreign', file, `${file} is ${what}: ${advice}`);
}
