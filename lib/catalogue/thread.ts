/** The catalogue's own thread: SQLite works here, so that no disk ever holds up the event loop. */
import * as fs from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type Database from 'libsql';
import { ChangeWriter } from './apply.js';
import type { Change } from './changes.js';
import { checkBytes, guarded, openDatabase, type OpenOptions } from './database.js';
import { CatalogueError } from './error.js';
import { FilesInPlace } from './in_place.js';
import type { Opened, Operation, Operations, RememberedPass, Request, Response } from './messages.js';
import { holdReserve, releaseReserve } from './reserve.js';
import { readForgotten, readPage, readRows, summarize, type Page } from './queries.js';

let database: Database.Database | undefined;
let writer: ChangeWriter | undefined;
let inPlace: FilesInPlace | undefined;
let file = '';
let batch = 0;

function opened(): Database.Database {
  if (database === undefined) throw new CatalogueError('Unavailable', file, 'the catalogue is not open');
  return database;
}

function metaOf(key: string): string | undefined {
  const found = opened().prepare('SELECT value FROM meta WHERE key = ?').raw().get(key) as
    [string] | undefined;
  return found?.[0];
}

function open(options: OpenOptions): Opened {
  const { database: found, ...rest } = openedWithReserve(options);
  if (options.mode === 'write') holdReserve(file);
  database = found;
  inPlace = new FilesInPlace(file);
  batch = Number(metaOf('batch') ?? 0);
  return { ...rest, batch };
}

function openedWithReserve(options: OpenOptions): ReturnType<typeof openDatabase> {
  try {
    return openDatabase(options);
  } catch (error) {
    // On a full disk SQLite can't make its log.
    if (!(error instanceof CatalogueError) || error.code !== 'Unavailable' || options.mode === 'read')
      throw error;
    if (!releaseReserve(file)) throw error;
    return openDatabase(options);
  }
}

/** Changes in one transaction on a full disk: few enough for the reserve. */
const ON_FULL_DISK = 100;

function write(changes: readonly Change[]): Operations['write']['answer'] {
  try {
    commit(changes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'SQLITE_FULL' || !releaseReserve(file)) throw error;
    for (let at = 0; at < changes.length; at += ON_FULL_DISK) commit(changes.slice(at, at + ON_FULL_DISK));
  }
  return { batch, taken: writer?.taken.splice(0) ?? [] };
}

function commit(changes: readonly Change[]): void {
  const connection = opened();
  connection.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have written meanwhile.
    batch = Number(metaOf('batch') ?? 0) + 1;
    writer ??= new ChangeWriter(connection);
    for (const change of changes) writer.apply(change, batch);
    writer.apply({ kind: 'meta', key: 'batch', value: String(batch) }, batch);
    connection.exec('COMMIT');
    inPlace?.check();
  } catch (error) {
    // SQLite has ended the transaction by itself after some errors.
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function passes({ limit }: { limit: number }): RememberedPass[] {
  return opened()
    .prepare('SELECT job, started, finished, report FROM passes ORDER BY id DESC LIMIT ?')
    .raw()
    .all(limit)
    .map((row) => {
      const [job, started, finished, report] = row as [string, string, string, string];
      return { job, started, finished, report };
    });
}

function fileBytes(): number {
  const sizeOf = (name: string) => fs.statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  return sizeOf(file) + sizeOf(`${file}-wal`);
}

const handlers: { [O in Operation]: (ask: Operations[O]['ask']) => Operations[O]['answer'] } = {
  open,
  write,
  page: (page: Page) => readPage(opened(), page),
  rows: (paths) => readRows(opened(), paths),
  forgotten: (ask) => readForgotten(opened(), ask),
  summary: () => ({
    ...summarize(opened()),
    fileBytes: fileBytes(),
    lastSegment: Number(metaOf('segment') ?? 0),
  }),
  meta: metaOf,
  passes,
  check: () => {
    checkBytes(opened(), file, 'integrity_check');
  },
  close: () => {
    database?.close();
    database = undefined;
  },
};

function answer({ id, operation, ask }: Request): Response {
  // Before anything fails: errors name it.
  if (operation === 'open') ({ file } = ask as OpenOptions);
  try {
    const handler = handlers[operation] as (given: unknown) => Operations[Operation]['answer'];
    return { id, answer: guarded(file, () => handler(ask)) };
  } catch (error) {
    const { code, message } = error as CatalogueError;
    return { id, error: { code, file, message } };
  }
}

const port = parentPort;
if (port === null) throw new Error('this runs only as a worker thread');
port.on('message', (request: Request) => {
  port.postMessage(answer(request));
});
