/** The catalogue's own thread: SQLite works here, so that no disk ever holds up the event loop. */
import * as fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type Database from 'libsql';
import { ChangeWriter } from './apply.js';
import type { Change } from './changes.js';
import { checkBytes, guarded, openDatabase, type OpenOptions } from './database.js';
import { CatalogueError } from './error.js';
import { InPlace } from './in_place.js';
import type { Opened, Operation, Operations, Request, Response } from './messages.js';
import { readLastPasses, readPasses } from './passes.js';
import { holdReserve, releaseReserve } from './reserve.js';
import { markSuspect } from './suspect.js';
import { ThreadCalls } from './thread_calls.js';
import { countRows, readForgotten, readPage, readRows, summarize, type Page } from './queries.js';

let database: Database.Database | undefined;
let writer: ChangeWriter | undefined;
let file = '';
let batch = 0;
/** Damage that was met in this opening: nothing is written any more. */
let broken: CatalogueError | undefined;
let inPlace: InPlace | undefined;

/** For other writers, and, on a full disk, for readers. */
const LONGEST_WAIT_MILLISECONDS = 30_000;

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
  database = found;
  if (options.mode === 'write') {
    holdReserve(file);
    inPlace = new InPlace(found, file);
  }
  batch = Number(metaOf('batch') ?? 0);
  return { ...rest, batch };
}

function openedWithReserve(options: OpenOptions): ReturnType<typeof openDatabase> {
  try {
    return openDatabase(options);
  } catch (error) {
    // On a full disk SQLite can't make its log.
    if (!(error instanceof CatalogueError) || options.mode === 'read') throw error;
    if (!/SQLITE_(FULL|IOERR|CANTOPEN)|ENOSPC/.test(error.message)) throw error;
    if (!releaseReserve(file)) throw error;
    return openDatabase(options);
  }
}

/** Changes in one transaction on a full disk: few enough for the reserve. */
const ON_FULL_DISK = 100;

function write(changes: readonly Change[]): number {
  try {
    return commit(changes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'SQLITE_FULL' || !releaseReserve(file)) throw error;
    for (let at = 0; at < changes.length; at += ON_FULL_DISK) commit(changes.slice(at, at + ON_FULL_DISK));
  }
  return batch;
}

function commit(changes: readonly Change[]): number {
  const connection = opened();
  if (broken !== undefined) throw broken;
  inPlace?.makeRoom(LONGEST_WAIT_MILLISECONDS);
  begin(connection);
  try {
    // Another process may have written meanwhile.
    batch = Number(metaOf('batch') ?? 0) + 1;
    writer ??= new ChangeWriter(connection);
    for (const change of changes) writer.apply(change, batch);
    writer.apply({ kind: 'meta', key: 'batch', value: String(batch) }, batch);
    // In page 1: see checkLog().
    connection.exec(`PRAGMA user_version = ${batch}`);
    connection.exec('COMMIT');
  } catch (error) {
    // SQLite has ended the transaction by itself after some errors.
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
  inPlace?.assert(changes.length);
  return batch;
}

/** In steps, between which a process that is to end can stop this thread. */
function begin(connection: Database.Database): void {
  for (const deadline = performance.now() + LONGEST_WAIT_MILLISECONDS; ;)
    try {
      connection.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!code.startsWith('SQLITE_BUSY') || performance.now() > deadline) throw error;
    }
}

function fileBytes(): number {
  const sizeOf = (name: string) => fs.statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  return sizeOf(file) + sizeOf(`${file}-wal`);
}

const handlers: { [O in Operation]: (ask: Operations[O]['ask']) => Operations[O]['answer'] } = {
  open,
  write,
  page: (page: Page) => readPage(opened(), page),
  count: (filter) => countRows(opened(), filter),
  rows: (paths) => readRows(opened(), paths),
  forgotten: (ask) => readForgotten(opened(), ask),
  summary: () => ({
    ...summarize(opened()),
    fileBytes: fileBytes(),
    lastSegment: Number(metaOf('segment') ?? 0),
  }),
  meta: metaOf,
  passes: (limit) => readPasses(opened(), limit),
  lastPasses: (job) => readLastPasses(opened(), job),
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
    if (code === 'Damaged' && operation !== 'open') {
      broken ??= error as CatalogueError;
      markSuspect(file, message);
    }
    return { id, error: { code, file, message } };
  }
}

const port = parentPort;
if (port === null) throw new Error('this runs only as a worker thread');
const calls = new ThreadCalls(workerData as SharedArrayBuffer);
port.on('message', (request: Request | undefined) => {
  const answered = request && calls.during(() => answer(request));
  if (answered === undefined) port.close();
  else port.postMessage(answered);
});
