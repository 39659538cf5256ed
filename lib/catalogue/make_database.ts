/** Makes a catalogue's file. It gets its name when it is complete: a file that is empty or has no tables was never made by us. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'libsql';
import { APPLICATION_ID, FORMAT, SCHEMA } from './schema.js';

/** What a killed process has left of one is removed after this time. */
const ABANDONED_MILLISECONDS = 3_600_000;

/** @returns false if another process has made it meanwhile */
export function makeDatabase(file: string, meta: Readonly<Record<'target' | 'cache', string>>): boolean {
  makeDirectory(dirname(file));
  removeAbandoned(file);
  const making = `${makingPrefix(file)}${randomBytes(8).toString('hex')}`;
  try {
    const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW } = fs.constants;
    // Names of records are nobody else's business.
    fs.closeSync(fs.openSync(making, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600));
    fill(making, meta);
    if (!giveName(making, file)) return false;
    syncDirectory(dirname(file));
    return true;
  } finally {
    for (const suffix of ['', '-journal']) fs.rmSync(making + suffix, { force: true });
  }
}

/** Only the last part of its path is made: what is missing above it may be a disk that isn't mounted. */
function makeDirectory(directory: string): void {
  try {
    fs.mkdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function fill(making: string, meta: Readonly<Record<string, string>>): void {
  const database = new Database(making);
  try {
    database.exec('PRAGMA synchronous = FULL');
    database.exec('BEGIN IMMEDIATE');
    database.exec(SCHEMA);
    const put = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
    // The commits are numbered from here on: those of another catalogue have other numbers, and so has its log (log.ts).
    const batch = randomInt(1, 2 ** 30);
    for (const [key, value] of Object.entries({ id: randomUUID(), batch: String(batch), ...meta }))
      put.run(key, value);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID + FORMAT}`);
    database.exec(`PRAGMA user_version = ${batch}`);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

/** Never over a file that is there. */
function giveName(making: string, file: string): boolean {
  try {
    fs.linkSync(making, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // A file system without hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error;
    if (fs.existsSync(file)) return false;
    fs.renameSync(making, file);
    return true;
  }
}

function makingPrefix(file: string): string {
  return `${file}.making-`;
}

function removeAbandoned(file: string): void {
  const directory = dirname(file);
  for (const name of fs.readdirSync(directory)) {
    if (!name.startsWith(basename(makingPrefix(file)))) continue;
    const path = join(directory, name);
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() && Date.now() - stat.mtimeMs > ABANDONED_MILLISECONDS)
      fs.rmSync(path, { force: true });
  }
}

export function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
