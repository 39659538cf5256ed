/**
 * S10: one pass at a time on one cache.
 *
 * A kernel lock (an open-file-description lock on Linux) on a file in the cache's root, and on `worker_file_path` as
 * well where that is set: so two configurations that name different lock files still can't work on one cache. The lock
 * goes with its process, however it ends; children don't inherit it, since Node opens files close-on-exec. Two Archive
 * objects in one process exclude each other like two processes. The files stay; what stands in them is for people.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import nativeLocks from 'fs-native-extensions';
import { ConfigError } from '../config/errors.js';
import { errnoCode } from './errors.js';
import { LOCK_NAME } from './own_files.js';

const MOST_TEXT = 1024;

export interface LockHolder {
  pid?: number;
  host?: string;
  /** ISO 8601, UTC. */
  startedAt?: string;
}

/** Another pass works on this cache. The command ends with exit code 4. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
  readonly code = 'Locked';
  readonly exitCode = 4;
  readonly file: string;
  /** As its file says; it may be empty for a moment while the holder writes it. */
  readonly holder: LockHolder;

  constructor(file: string, holder: LockHolder) {
    const who = holder.pid === undefined ? 'another process' : `process ${holder.pid}`;
    const where = holder.host === undefined || holder.host === os.hostname() ? '' : ` on ${holder.host}`;
    const since = holder.startedAt === undefined ? '' : ` since ${holder.startedAt}`;
    super(`another pass is running: ${who}${where} holds ${file}${since}`);
    this.file = file;
    this.holder = holder;
  }
}

export interface PassLock {
  readonly files: readonly string[];
  /** Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes the lock, or refuses at once.
 * @throws {LockedError} if another pass holds it
 * @throws {ConfigError} if a lock file can't be opened or the file system has no locks
 */
export async function acquireLock(cacheDirectory: string, workerFilePath?: string): Promise<PassLock> {
  const own = path.join(await fs.realpath(cacheDirectory), LOCK_NAME);
  const wanted: [key: string, file: string][] = [['cacheDirectory', own]];
  if (workerFilePath !== undefined && path.resolve(workerFilePath) !== own)
    wanted.push(['workerFilePath', path.resolve(workerFilePath)]);
  const held: fs.FileHandle[] = [];
  const release = async (): Promise<void> => {
    for (const handle of held.splice(0).reverse()) await handle.close();
  };
  try {
    for (const [key, file] of wanted) held.push(await lockFile(key, file));
  } catch (error) {
    await release();
    throw error;
  }
  return { files: wanted.map(([, file]) => file), release };
}

async function lockFile(key: string, file: string): Promise<fs.FileHandle> {
  for (;;) {
    const handle = await openLockFile(key, file);
    try {
      if (!tryLock(handle.fd, key, file)) throw new LockedError(file, await readHolder(handle));
      // Somebody may have removed the file between our open and our lock: then the lock is worth nothing.
      if (await isStill(handle, file)) {
        await refuseForeign(handle, key, file);
        await writeHolder(handle);
        return handle;
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
  }
}

async function openLockFile(key: string, file: string): Promise<fs.FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return await fs.open(file, flags, 0o644);
  } catch (error) {
    throw new ConfigError([
      { key, message: `the lock file ${file} can't be opened: ${(error as Error).message}` },
    ]);
  }
}

function tryLock(fd: number, key: string, file: string): boolean {
  try {
    return nativeLocks.tryLock(fd);
  } catch (error) {
    throw new ConfigError([
      { key, message: `the lock file ${file} can't be locked: ${(error as Error).message}` },
    ]);
  }
}

async function isStill(handle: fs.FileHandle, file: string): Promise<boolean> {
  const mine = await handle.stat({ bigint: true });
  try {
    const there = await fs.lstat(file, { bigint: true });
    return mine.dev === there.dev && mine.ino === there.ino;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A slip in worker_file_path must not cost somebody's file: only what looks like a lock or pid file is written over. */
async function refuseForeign(handle: fs.FileHandle, key: string, file: string): Promise<void> {
  const stats = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_TEXT), 0, MOST_TEXT, 0);
  const text = buffer.toString('latin1', 0, bytesRead);
  if (stats.isFile() && stats.size < MOST_TEXT && /^(\s*\d*\s*|pid \d+\n[ -~\n]*)$/.test(text)) return;
  throw new ConfigError([{ key, message: `${file} is there already, and is no lock file` }]);
}

async function writeHolder(handle: fs.FileHandle): Promise<void> {
  await handle.truncate(0);
  await handle.write(`pid ${process.pid}\nhost ${os.hostname()}\nstarted ${new Date().toISOString()}\n`, 0);
}

async function readHolder(handle: fs.FileHandle): Promise<LockHolder> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_TEXT), 0, MOST_TEXT, 0);
  const text = buffer.toString('utf8', 0, bytesRead);
  const word = (name: string): string | undefined => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  const pid = word('pid');
  const host = word('host');
  const startedAt = word('started');
  return {
    ...(pid === undefined ? {} : { pid: Number(pid) }),
    ...(host === undefined ? {} : { host }),
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}
