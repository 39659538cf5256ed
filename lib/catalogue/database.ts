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
  /** Take it over although it belongs to another archive; with `read`: read it nevertheless. */
  adopt?: boolean | undefined;
  /** For a reader that can't wait: its bytes aren't checked, which takes a second for a million records. */
  unchecked?: boolean | undefined;
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
  const exists = fs.existsSync(file) && fs.statSync(file).size > 0;
  if (!exists) {
    if (mode === 'read') throw new CatalogueError('Unavailable', file, `there is no catalogue at ${file}`);
    return { ...make(options), damaged: undefined };
  }
  try {
    return { ...openExisting(options), damaged: undefined };
  } catch (error) {
    if (!(error instanceof CatalogueError) || error.code !== 'Damaged' || mode === 'read') throw error;
    const movedTo = putAside(file, now);
    return { ...make(options), damaged: { movedTo, reason: error.message } };
  }
}

function make(options: OpenOptions): Omit<OpenedDatabase, 'damaged'> {
  const { file, target, cache } = options;
  return guarded(file, () => {
    fs.mkdirSync(dirname(file), { recursive: true });
    // Names of records are nobody else's business.
    fs.closeSync(
      fs.openSync(file, fs.constants.O_CREAT | fs.constants.O_RDWR | fs.constants.O_NOFOLLOW, 0o600),
    );
    let database: Database.Database | undefined;
    try {
      database = connect(file);
      const id = randomUUID();
      database.exec('BEGIN IMMEDIATE');
      database.exec(SCHEMA);
      const put = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
      for (const [key, value] of Object.entries({ id, target, cache: cache ?? '' })) put.run(key, value);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${FORMAT}`);
      database.exec('COMMIT');
      return { database, id, isNew: true };
    } catch (error) {
      database?.close();
      // There was none, and half a one has nothing that anybody needs.
      for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true });
      throw error;
    }
  });
}

function openExisting(options: OpenOptions): Omit<OpenedDatabase, 'damaged'> {
  const { file, mode, unchecked = false } = options;
  return guarded(file, () => {
    const database = connect(file);
    try {
      checkKind(database, file);
      if (!unchecked && fs.statSync(file).size <= QUICK_CHECK_BYTES)
        checkBytes(database, file, 'quick_check');
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
  database.exec(`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`);
  database.exec('PRAGMA journal_mode = WAL');
  // With WAL, only FULL makes each commit durable (S14): https://www.sqlite.org/pragma.html#pragma_synchronous
  database.exec('PRAGMA synchronous = FULL');
  // The log stays below the two MiB that fit into the reserve.
  database.exec('PRAGMA wal_autocheckpoint = 250');
  return database;
}

function checkKind(database: Database.Database, file: string): void {
  const application = pragma(database, 'application_id');
  if (application !== APPLICATION_ID) {
    const tables = database.prepare('SELECT count(*) FROM sqlite_schema').raw().get() as [number];
    // A crash between the making of the file and the first commit.
    if (application === 0 && tables[0] === 0)
      throw new CatalogueError('Damaged', file, 'it has no tables: the process that made it was killed');
    const advice = 'give catalogue_path another place, or move that file away';
    throw new CatalogueError('Foreign', file, `${file} is a database of another program: ${advice}`);
  }
  const format = pragma(database, 'user_version');
  if (format > FORMAT) {
    const message = `${file} was written by a newer version of xrootd-archive (format ${format}, this one knows ${FORMAT}): use that version`;
    throw new CatalogueError('Newer', file, message);
  }
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
  if (adopt === true && mode === 'read') return;
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
