/**
 * put(): how records enter the cache. It depends on nothing but the local disk (S7): it never asks the archive, its
 * lock or its server, and a pass may run beside it.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { nameProblem, RESERVED_PREFIX } from '../rules/names.js';
import type { Checksum } from '../rules/checksum.js';
import { keepChecksum, RunningSums, writeNewFile, type ChecksumType } from '../posix/index.js';
import { CacheDirectory, named, splitPath } from './directory.js';
import { alreadyExists, CacheError, errnoCode } from './errors.js';
import { checkStillThere } from './given_bytes.js';
import { sumsOf, type Sums } from './put_sums.js';
import { openOrMake } from './make_directory.js';
import { incomingName } from './own_files.js';
import { discard, publish } from './publish.js';
import { checkOptions, type Known } from '../config/known_options.js';

/** Bytes of a record: text is written as UTF-8; a stream may have chunks of both. */
export type PutData = Uint8Array | string | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>;

/** Options of `Archive.put`. */
export interface PutOptions {
  /** Wait until record and name are on the disk. Default false. */
  fsync?: boolean;
  /** Replace a record of that name. Default false: AlreadyExists. */
  overwrite?: boolean;
  /** Permissions of the record, before the umask. Default 0o666, as for any new file. */
  mode?: number;
  /**
   * What the bytes must have, `type:hex` with one of `checksumTypes`: `adler32:0a1b2c3d`. Other bytes don't become a record:
   * ChecksumMismatch.
   */
  checksum?: string;
  /** The type of the checksum that is returned and kept with the record. Default `adler32`; of an archive, its `checksumType`. */
  checksumType?: ChecksumType;
  /** Ends a put that is under way; nothing of it stays. */
  signal?: AbortSignal;
}

const KNOWN: Known<PutOptions> = {
  fsync: true,
  overwrite: true,
  mode: true,
  checksum: true,
  checksumType: true,
  signal: true,
};

/** The record that `put` has written. */
export interface PutResult {
  /** Relative to the cache. */
  path: string;
  /** Bytes. */
  size: number;
  /**
   * Of the bytes that were handed over, computed before the disk had them. It is also kept with the record, where the file system
   * has extended attributes: a pass that reads other bytes later reports the record as damaged.
   */
  checksum: Checksum;
  /**
   * Set if XRootD can't carry the record's name (S9). The record is in the cache all the same, because ingest must
   * not fail for the archive's sake (S7); each pass will keep it and report it until it has another name.
   */
  warning?: string;
}

/** Large enough that a call costs nothing against its bytes, small enough that AbortSignal is looked at often. */
const WRITE_BYTES = 4 * 1024 * 1024;
/** Data of at most this many bytes is written in one call, which a signal doesn't interrupt. */
const WHOLE_BYTES = 16 * 1024 * 1024;
const NEW_FILE = 0o666;
const NO_DATA = 'put() takes bytes, text, or a stream of bytes or text';
/** How often a backup may take an empty directory away between our mkdir and our open. */
const RACES = 100;

/**
 * Writes a record under a temporary name in its own directory, then gives it its name in one step: nobody ever sees
 * half of it, and without `overwrite` nothing is ever replaced. (A file system may have neither a rename that replaces
 * nothing nor hard links. There, a file that another writer names between our look and our rename is replaced.)
 *
 * Missing directories are made. Nothing is written through symbolic links inside the cache (S8).
 * @param data text is written as UTF-8; a stream is read as fast as the disk takes it, and is destroyed after any error
 * @throws {ConfigError} before anything was written: an option that isn't known.
 * @throws {CacheError} InvalidPath, OutsideCache: before anything was written. AlreadyExists; ChecksumMismatch.
 * @throws {TypeError} before anything was written: a `checksum` or `checksumType` that can't be understood. Bytes whose
 * ArrayBuffer is transferred or shrunk before they are written.
 * @throws what the stream throws, ENOSPC and the like, AbortError. After any error the temporary file is gone.
 */
export async function put(
  cacheDirectory: string,
  path: string,
  data: PutData,
  options: PutOptions = {},
  defaults: PutOptions = {},
): Promise<PutResult> {
  refuseNoData(data);
  if (!isStream(data)) return await putRecord(cacheDirectory, path, data, options, defaults);
  // A stream may fail before we read it, and an error without a listener ends the process. Reading still throws it.
  data.on('error', () => undefined);
  try {
    return await putRecord(cacheDirectory, path, data, options, defaults);
  } catch (error) {
    data.destroy();
    throw error;
  }
}

function refuseNoData(data: unknown): void {
  const isObject = typeof data === 'object' && data !== null;
  if (typeof data === 'string' || (isObject && (Symbol.iterator in data || Symbol.asyncIterator in data)))
    return;
  throw new TypeError(NO_DATA);
}

function isStream(data: PutData): data is PutData & Pick<Readable, 'on' | 'destroy'> {
  const { on, destroy } = data as Partial<Readable>;
  return typeof on === 'function' && typeof destroy === 'function';
}

async function putRecord(
  cacheDirectory: string,
  path: string,
  data: PutData,
  given: PutOptions,
  defaults: PutOptions,
): Promise<PutResult> {
  checkOptions(given, KNOWN);
  const options = { ...defaults, ...given };
  refuseInvalid(path);
  const sums = sumsOf(options);
  options.signal?.throwIfAborted();
  const [parent, name] = splitPath(path);
  const problem = nameProblem(path);
  const warning = problem === undefined ? {} : { warning: problem };
  // Asked now: later they may have been taken away.
  const byteLength = data instanceof Uint8Array ? data.byteLength : undefined;
  const whole = wholeOf(data, options);
  if (whole !== undefined) {
    const size = whole.byteLength;
    checkStillThere(whole, size);
    const checksum = await writeWhole(cacheDirectory, path, whole, sums, options);
    if (checksum !== undefined) return { path, size, checksum, ...warning };
  }
  const root = await CacheDirectory.openRoot(cacheDirectory);
  try {
    const { directory, temporary, handle } = await openTemporary(root, parent, options);
    try {
      const filled = await fill(directory, temporary, handle, { path, data, byteLength, sums }, options);
      await named(directory, () => publish(directory, temporary, name, options));
      return { path, ...filled, ...warning };
    } finally {
      await directory.close();
    }
  } finally {
    await root.close();
  }
}

/** The data as bytes, if writeWhole() can write it: it is in memory and small. */
function wholeOf(data: PutData, { fsync, overwrite }: PutOptions): Uint8Array | undefined {
  if (fsync === true || overwrite === true) return undefined;
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  return bytes instanceof Uint8Array && bytes.byteLength <= WHOLE_BYTES ? bytes : undefined;
}

/**
 * Writes all in one call to another thread: on a busy machine each call takes longer than the bytes.
 * @returns undefined: one isn't enough
 */
async function writeWhole(
  root: string,
  path: string,
  bytes: Uint8Array,
  sums: Sums,
  { mode = NEW_FILE }: PutOptions,
): Promise<Checksum | undefined> {
  const [parent, name] = splitPath(path);
  const file = { root, parent, temporary: incomingName(), name, mode };
  try {
    const { types: checksumTypes, expected } = sums;
    const written = await writeNewFile(bytes, { ...file, checksumTypes, expected: expected?.value });
    return written && sums.checked(path, written.checksums);
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
    throw alreadyExists(path, error);
  }
}

function refuseInvalid(path: string): void {
  const refuse = (why: string): never => {
    throw new CacheError('InvalidPath', path, `${JSON.stringify(path)} can't be a record's path: ${why}`);
  };
  if (typeof (path as unknown) !== 'string') refuse('it is no text');
  if (path === '') refuse('it is empty');
  if (path.startsWith('/')) refuse('it is absolute');
  if (path.includes('\0')) refuse('it contains a NUL');
  if (/\p{Cs}/u.test(path)) refuse('it is no valid text');
  for (const component of path.split('/')) {
    if (component === '') refuse('it has an empty component');
    if (component === '.' || component === '..') refuse(`it has the component "${component}"`);
    if (component.startsWith(RESERVED_PREFIX))
      refuse(`names that start with "${RESERVED_PREFIX}" are reserved`);
  }
}

interface Temporary {
  directory: CacheDirectory;
  temporary: string;
  handle: fs.FileHandle;
}

async function openTemporary(root: CacheDirectory, parent: string, options: PutOptions): Promise<Temporary> {
  const temporary = incomingName();
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  for (let race = 0; ; race++) {
    let directory: CacheDirectory | undefined;
    try {
      directory = await openOrMake(root, parent, options.fsync === true);
      const file = directory.entry(temporary);
      const handle = await named(directory, () => fs.open(file, flags, options.mode ?? NEW_FILE));
      return { directory, temporary, handle };
    } catch (error) {
      await directory?.close();
      // A backup that runs beside us may prune the directory that we are about to use.
      if (errnoCode(error) !== 'ENOENT' || race >= RACES) throw error;
    }
  }
}

interface Content {
  /** Of the record. */
  path: string;
  data: PutData;
  /** Of data in memory, when they were given. */
  byteLength: number | undefined;
  sums: Sums;
}

async function fill(
  directory: CacheDirectory,
  temporary: string,
  handle: fs.FileHandle,
  { path, data, byteLength, sums }: Content,
  options: PutOptions,
): Promise<Pick<PutResult, 'size' | 'checksum'>> {
  try {
    let size = 0;
    let checksum: Checksum;
    const running = new RunningSums(sums.types);
    const file = { fd: handle.fd, path: `${directory.real}/${temporary}` };
    try {
      for await (const chunk of chunksOf(data)) {
        const given = byteLength ?? chunk.byteLength;
        await writeAll(file, chunk, given, running, options.signal);
        size += given;
      }
      options.signal?.throwIfAborted();
      checksum = sums.checked(path, running.end());
      await keepChecksum(handle.fd, checksum);
      if (options.fsync === true) await handle.sync();
    } finally {
      await handle.close();
    }
    return { size, checksum };
  } catch (error) {
    await discard(directory, temporary);
    throw error;
  }
}

async function* chunksOf(data: PutData): AsyncGenerator<Uint8Array> {
  if (typeof data === 'string') yield Buffer.from(data);
  else if (data instanceof Uint8Array) yield data;
  else
    for await (const chunk of data) {
      if (typeof chunk === 'string') yield Buffer.from(chunk);
      else if (chunk instanceof Uint8Array) yield chunk;
      else throw new TypeError(NO_DATA);
    }
}

async function writeAll(
  file: { fd: number; path: string },
  bytes: Uint8Array,
  byteLength: number,
  running: RunningSums,
  signal?: AbortSignal,
): Promise<void> {
  checkStillThere(bytes, byteLength);
  for (let offset = 0; offset < byteLength; offset += WRITE_BYTES) {
    signal?.throwIfAborted();
    await running.write(file, bytes.subarray(offset, offset + WRITE_BYTES));
    checkStillThere(bytes, byteLength);
  }
}
