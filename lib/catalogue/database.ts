/** Opens a catalogue's file, checks it, and makes it if there is none. Works synchronously: it runs in the catalogue's thread. */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { CatalogueError, type CatalogueErrorCode } from './error.js';
import { kindOf } from './header.js';
import { checkLog } from './log.js';
import { makeDatabase, syncDirectory } from './make_database.js';
import { clearSuspect, isSuspect } from './suspect.js';

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
  /** With `read`: what it had at the opening, until it is closed, whoever writes meanwhile. Its log grows until then, and on a full disk writers wait. */
  snapshot?: boolean | undefined;
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

/** How long SQLite itself waits for another writer, in milliseconds. A process that is to end waits for it. */
const BUSY_MILLISECONDS = 5000;
/** Bytes up to which the whole file is checked at each opening: a second or so. Larger ones if something may have happened to them. */
const QUICK_CHECK_BYTES = 2 ** 30;
const ADVICE =
  'a new one begins; "xrootd-archive catalogue rebuild" fills it with what the segments or the server know';

/** @throws {CatalogueError} */
export function openDatabase(options: OpenOptions): OpenedDatabase {
  const { file, mode, cache, now } = options;
  let damaged: OpenedDatabase['damaged'];
  for (;;) {
    const inode = inodeOf(file);
    try {
      if (guarded(file, () => kindOf(file, cache === undefined)) === 'ours')
        return { ...openExisting(options), damaged };
    } catch (error) {
      if (!(error instanceof CatalogueError) || error.code !== 'Damaged') throw error;
      if (mode === 'read') {
        const advice = `the next pass puts it aside, and ${ADVICE}`;
        throw new CatalogueError('Damaged', file, `${file} is damaged: ${error.message}; ${advice}`);
      }
      // Another process may have put it aside and made a new one.
      if (inodeOf(file) === inode)
        damaged = guarded(file, () => ({
          movedTo: putAside(file, now),
          reason: `${error.message}; ${ADVICE}`,
        }));
      continue;
    }
    if (mode === 'read') throw new CatalogueError('Unavailable', file, `there is no catalogue at ${file}`);
    const made = guarded(file, () => {
      // SQLite would read the log of the one that was there into the new one.
      if (isLeft(`${file}-wal`) || isLeft(`${file}-journal`))
        damaged = { movedTo: putAside(file, now), reason: `it is missing, its log is there; ${ADVICE}` };
      return makeDatabase(file, { target: options.target, cache: cache ?? '' });
    });
    if (made) return { ...openExisting(options), damaged, isNew: true };
  }
}

function inodeOf(file: string): number | undefined {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.ino;
}

/** Has any bytes. */
function isLeft(file: string): boolean {
  return (fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function openExisting(options: OpenOptions): Omit<OpenedDatabase, 'damaged'> {
  const { file, mode, snapshot = false } = options;
  return guarded(file, () => {
    checkLog(file);
    const hasLog = isLeft(`${file}-wal`);
    const database = connect(file);
    try {
      checkContents(database, options, hasLog);
      const meta = new Map(
        database
          .prepare('SELECT key, value FROM meta')
          .raw()
          .all()
          .map((row) => row as [string, string]),
      );
      const id = meta.get('id');
      if (!id) throw new CatalogueError('Damaged', file, 'it has no identity');
      checkArchive(database, meta, options);
      // libsql's own option `readonly` doesn't hold.
      if (mode === 'read') database.exec('PRAGMA query_only = 1');
      if (mode === 'read' && snapshot) beginSnapshot(database);
      return { database, id, isNew: false };
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** SQLite takes it with the first thing that is read. */
function beginSnapshot(database: Database.Database): void {
  database.exec('BEGIN');
  database.prepare('SELECT 1 FROM meta LIMIT 1').get();
}

/** @param hasLog it is in use, or the process that used it was killed */
function checkContents(
  database: Database.Database,
  { file, mode, unchecked = false }: OpenOptions,
  hasLog: boolean,
): void {
  if (isSuspect(file)) {
    checkBytes(database, file, 'integrity_check');
    if (mode === 'write') clearSuspect(file);
    return;
  }
  if (unchecked) return;
  if (hasLog || fs.statSync(file).size <= QUICK_CHECK_BYTES) checkBytes(database, file, 'quick_check');
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
  if (mode === 'read' && adopt === true) return;
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

/** Never overwrites: the name says when, to the millisecond. */
function putAside(file: string, now: number): string {
  const name = `${file}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`;
  const suffixes = ['', '-wal', '-shm', '-journal'];
  let movedTo = name;
  for (let next = 2; suffixes.some((suffix) => isThere(movedTo + suffix)); next++)
    movedTo = `${name}-${next}`;
  // The file first: what a crash leaves here is then a log without a file, which the next opening puts aside.
  for (const suffix of suffixes) if (isThere(file + suffix)) fs.renameSync(file + suffix, movedTo + suffix);
  clearSuspect(file);
  syncDirectory(dirname(file));
  return movedTo;
}

function isThere(file: string): boolean {
  return inodeOf(file) !== undefined;
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
