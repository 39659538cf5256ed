/** Opens a catalogue's file, checks it, and makes it. Works synchronously: it runs in the catalogue's thread. */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { CatalogueError, type CatalogueErrorCode } from './error.js';
import { APPLICATION_ID, FORMAT, SCHEMA } from './schema.js';

export interface OpenOptions {
  file: string;
  /** `read`: nothing is made, put aside or written. */
  mode: 'write' | 'read';
  /** What the rows are about: the target, without login and opaque information. */
  target: string;
  /** The cache that they were in; undefined if the file lies in it. */
  cache: string | undefined;
  /** Take it over although it belongs to another archive. */
  adopt?: boolean | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface OpenedDatabase {
  database: Database.Database;
  id: string;
  isNew: boolean;
  /** The file that stood there was damaged, and where it is now. */
  damaged: { movedTo: string; reason: string } | undefined;
}

/** How long a writer waits for another, in milliseconds. */
const BUSY_MILLISECONDS = 30_000;
/** Bytes up to which the whole file is checked at each opening: a second or so. */
const QUICK_CHECK_BYTES = 2 ** 30;

/** @throws {CatalogueError} */
export function openDatabase(options: OpenOptions): OpenedDatabase {
  const { file, mode, now } = options;
  if (!fs.existsSync(file) || fs.statSync(file).size === 0) {
    if (mode === 'read') throw new CatalogueError('Unavailable', file, `there is no catalogue at ${file}`);
    return { ...make(options), damaged: undefined };
  }
  try {
    return { ...(openExisting(options) ?? make(options)), damaged: undefined };
  } catch (error) {
    if (!(error instanceof CatalogueError) || error.code !== 'Damaged' || mode === 'read') throw error;
    const movedTo = putAside(file, now);
    return { ...make(options), damaged: { movedTo, reason: error.message } };
  }
}

/** Several processes may do so at once: one of them makes it, and the others find it made. */
function make(options: OpenOptions): Omit<OpenedDatabase, 'damaged'> {
  const { file, target, cache } = options;
  return guarded(file, () => {
    makeDirectory(file);
    let isOurs = makeEmpty(file);
    const inode = inodeOf(file);
    let database: Database.Database | undefined;
    try {
      database = connect(file);
      database.exec('BEGIN IMMEDIATE');
      if (hasTables(database)) {
        database.close();
        const opened = openExisting(options);
        if (opened === undefined)
          throw new CatalogueError('Unavailable', file, `${file} has just lost its tables`);
        return opened;
      }
      isOurs = true;
      database.exec(SCHEMA);
      const id = randomUUID();
      const put = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
      for (const [key, value] of Object.entries({ id, target, cache: cache ?? '' })) put.run(key, value);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${FORMAT}`);
      database.exec('COMMIT');
      // Another process may have failed to make it, and taken it away.
      checkInode(file, inode);
      return { database, id, isNew: true };
    } catch (error) {
      // There was none, and half a one has nothing that anybody needs. While we hold the lock nobody else makes it.
      if (isOurs && inodeOf(file) === inode)
        for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true });
      database?.close();
      throw error;
    }
  });
}

/** Doesn't open one that is there: closing it again would end the locks that this process has on it. @returns was there none? */
function makeEmpty(file: string): boolean {
  try {
    // Names of records are nobody else's business.
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Only the last part of its path is made: what is missing above it may be a disk that isn't mounted. */
function makeDirectory(file: string): void {
  try {
    fs.mkdirSync(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function hasTables(database: Database.Database): boolean {
  const [tables] = database.prepare('SELECT count(*) FROM sqlite_schema').raw().get() as [number];
  return tables > 0;
}

/** @returns undefined if it is still to be made: its maker is at work, or was killed */
function openExisting(options: OpenOptions): Omit<OpenedDatabase, 'damaged'> | undefined {
  const { file, mode } = options;
  return guarded(file, () => {
    const inode = inodeOf(file);
    const database = connect(file);
    try {
      checkInode(file, inode);
      if (isUnmade(database)) {
        if (mode === 'read')
          throw new CatalogueError('Unavailable', file, `there is no catalogue at ${file} yet`);
        database.close();
        return undefined;
      }
      checkKind(database, file);
      if (fs.statSync(file).size <= QUICK_CHECK_BYTES) checkBytes(database, file, 'quick_check');
      const meta = new Map(
        database
          .prepare('SELECT key, value FROM meta')
          .raw()
          .all()
          .map((row) => row as [string, string]),
      );
      checkArchive(database, meta, options);
      // libsql's own option `readonly` doesn't hold.
      if (mode === 'read') database.exec('PRAGMA query_only = 1');
      return { database, id: meta.get('id') ?? '', isNew: false };
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function connect(file: string): Database.Database {
  const database = new Database(file);
  try {
    configure(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function configure(database: Database.Database): void {
  database.exec(`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`);
  database.exec('PRAGMA journal_mode = WAL');
  // With WAL, only FULL makes each commit durable (S14): https://www.sqlite.org/pragma.html#pragma_synchronous
  database.exec('PRAGMA synchronous = FULL');
  // The log stays below the two MiB that fit into the reserve.
  database.exec('PRAGMA wal_autocheckpoint = 250');
}

function isUnmade(database: Database.Database): boolean {
  return pragma(database, 'application_id') === 0 && !hasTables(database);
}

function checkKind(database: Database.Database, file: string): void {
  const application = pragma(database, 'application_id');
  if (application !== APPLICATION_ID) {
    const advice = 'give catalogue_path another place, or move that file away';
    throw new CatalogueError('Foreign', file, `${file} is a database of another program: ${advice}`);
  }
  const format = pragma(database, 'user_version');
  if (format > FORMAT) {
    const message = `${file} was written by a newer version of xrootd-archive (format ${format}, this one knows ${FORMAT}): use that version`;
    throw new CatalogueError('Newer', file, message);
  }
}

function inodeOf(file: string): string | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.dev} ${stat.ino}`;
}

function checkInode(file: string, inode: string | undefined): void {
  if (inodeOf(file) === inode) return;
  const message = `the catalogue ${file} was removed or replaced by another process just now`;
  throw new CatalogueError('Unavailable', file, message);
}

/** @throws {CatalogueError} Damaged */
export function checkBytes(
  database: Database.Database,
  file: string,
  check: 'quick_check' | 'integrity_check',
): void {
  const found = database.prepare(`PRAGMA ${check}(1)`).raw().get() as [string] | undefined;
  if (found?.[0] !== 'ok')
    throw new CatalogueError('Damaged', file, `its bytes are damaged: ${found?.[0] ?? 'no answer'}`);
}

function checkArchive(
  database: Database.Database,
  meta: ReadonlyMap<string, string>,
  { file, mode, target, cache, adopt }: OpenOptions,
): void {
  const [itsTarget = '', itsCache = ''] = [meta.get('target'), meta.get('cache')];
  const otherCache = cache !== undefined && itsCache !== '' && itsCache !== cache;
  if (itsTarget === target && !otherCache) return;
  // One without rows was made for a target that was never written to, perhaps since it was mistyped.
  if (mode === 'write' && (adopt === true || isEmpty(database))) {
    const put = database.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
    put.run('target', target);
    put.run('cache', cache ?? '');
    return;
  }
  // A reader needs no cache.
  if (itsTarget === target && mode === 'read') return;
  const whose = itsTarget === target ? `the cache ${itsCache}` : `the target ${itsTarget}`;
  const advice =
    'give each archive a catalogue_path of its own, or, if the same archive has moved, run "xrootd-archive catalogue adopt"';
  throw new CatalogueError('OtherArchive', file, `${file} is the catalogue of ${whose}: ${advice}`);
}

function isEmpty(database: Database.Database): boolean {
  const [rows] = database
    .prepare('SELECT EXISTS (SELECT 1 FROM records) OR EXISTS (SELECT 1 FROM forgotten)')
    .raw()
    .get() as [number];
  return rows === 0;
}

function pragma(database: Database.Database, name: string): number {
  const [value] = database.prepare(`PRAGMA ${name}`).raw().get() as [number];
  return value;
}

/** Never overwrites: the name says when, to the millisecond. */
function putAside(file: string, now: number): string {
  const movedTo = `${file}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['-wal', '-shm', ''])
    if (fs.existsSync(file + suffix)) fs.renameSync(file + suffix, movedTo + suffix);
  return movedTo;
}

/** Runs a function and gives its errors their code. @throws {CatalogueError} */
export function guarded<T>(file: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw catalogueError(error, file);
  }
}

function catalogueError(error: unknown, file: string): CatalogueError {
  if (error instanceof CatalogueError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const kind: CatalogueErrorCode = /^SQLITE_(CORRUPT|NOTADB)/.test(code) ? 'Damaged' : 'Unavailable';
  return new CatalogueError(kind, file, `the catalogue ${file}: ${message}${code && ` (${code})`}`, {
    cause: error,
  });
}
