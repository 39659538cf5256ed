/**
 * S10: one pass at a time on one cache, alone or in shards.
 *
 * A kernel lock (an open-file-description lock on Linux) on a file in the cache's root, and on `worker_file_path` as
 * well where that is set: so two configurations that name different lock files still can't work on one cache. The lock
 * ends with its process, however that ends; children don't inherit it, since Node opens files close-on-exec. Two Archive
 * objects in one process exclude each other like two processes. The files stay.
 *
 * A shard shares those locks with the other shards of the same count, and holds another lock file alone. The first shard
 * writes the count into the shared file while it holds the lock alone, and then shares the lock. While the lock is shared
 * nobody can change the count, and a shard that finds another count than its own leaves. All other text is for people.
 *
 * Where the disk has no room for the cache's own lock file, its directory is claimed instead: see directory_claim.ts.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import nativeLocks from 'fs-native-extensions';
import { ConfigError } from '../config/errors.js';
import { nameFor, type Shard } from '../rules/sharding.js';
import { claimBeside, claimInstead, type ClaimOf } from './directory_claim.js';
import { errnoCode } from './errors.js';
import { readHolder, refuseForeign, writeCount, writeHolder, type LockHolder } from './lock_text.js';
import { LOCK_NAME, SERVICE_LOCK_NAME } from './own_files.js';

/** How long a shard waits for the first one to write the count; that can take a while on a network file system. */
const SHARING_MS = 2000;
const AGAIN_MS = 25;
/** Between two attempts while another pass holds the lock. */
const WAITING_MS = 250;

/** Another pass, or another service, works on this cache. The command ends with exit code 4. */
export class LockedError extends Error {
  /** Always `LockedError`. */
  override readonly name = 'LockedError';
  /** Always `Locked`. */
  readonly code = 'Locked';
  /** What the command ends with. */
  readonly exitCode = 4;
  /** The lock file. */
  readonly file: string;
  /** As its file says; it may be empty for a moment while the holder writes it. */
  readonly holder: LockHolder;

  /**
   * The library makes it.
   * @param file that is locked
   */
  constructor(file: string, holder: LockHolder) {
    const since = holder.startedAt === undefined ? '' : ` since ${holder.startedAt}`;
    const what = path.basename(file) === SERVICE_LOCK_NAME ? 'service' : 'pass';
    const own = holder.pid === process.pid && holder.host === os.hostname() ? ' (this process itself)' : '';
    super(`another ${what} is running: ${nameOf(holder)} holds ${file}${since}${own}`);
    this.file = file;
    this.holder = holder;
  }
}

function nameOf({ pid, host, shards }: LockHolder): string {
  if (shards !== undefined) return `one of ${shards} shards`;
  const where = host === undefined || host === os.hostname() ? '' : ` on ${host}`;
  return pid === undefined ? 'another process' : `process ${pid}${where}`;
}

/** The disk has no room for a lock file. */
class NoRoom extends ConfigError {}

export interface PassLock {
  readonly files: readonly string[];
  /** Idempotent. */
  release(): Promise<void>;
}

export interface Waiting {
  signal: AbortSignal | undefined;
  /** Called once, before the first wait. */
  onWait: (why: LockedError) => void;
}

/**
 * Takes the lock as soon as no other pass holds it. While it waits it holds nothing itself.
 * @throws {ConfigError} as `acquireLock`; the signal's reason
 */
export async function awaitLock(
  cacheDirectory: string,
  workerFilePath: string | undefined,
  shard: Shard | undefined,
  { signal, onWait }: Waiting,
): Promise<PassLock> {
  for (let told = false; ; told = true) {
    try {
      return await acquireLock(cacheDirectory, workerFilePath, shard);
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      if (!told) onWait(error);
    }
    await sleep(WAITING_MS, undefined, { ...(signal && { signal }) });
  }
}

/**
 * Takes the lock of the one service that works on a cache, or refuses at once. It doesn't exclude passes: one that is started
 * by hand may run while a service waits for its schedule.
 * @throws {LockedError} if another service holds it; {ConfigError} as `acquireLock`
 */
export async function acquireServiceLock(cacheDirectory: string): Promise<PassLock> {
  const root = await fs.realpath(cacheDirectory);
  const file = path.join(root, SERVICE_LOCK_NAME);
  const held = await lockInCache(root, file, 'service', () => lockAlone('cacheDirectory', file));
  return { files: [file], release: () => closeAll(held) };
}

/**
 * Takes the lock, or refuses at once; a shard may try for two seconds.
 * @throws {LockedError} if another pass holds it; for a shard: one without shards, a shard of another count, or the same shard
 * @throws {ConfigError} if a lock file can't be opened or the file system has no locks
 */
export async function acquireLock(
  cacheDirectory: string,
  workerFilePath?: string,
  shard?: Shard,
): Promise<PassLock> {
  const root = await fs.realpath(cacheDirectory);
  const own = path.join(root, LOCK_NAME);
  const wanted: [key: string, file: string][] = [['cacheDirectory', own]];
  if (workerFilePath !== undefined && path.resolve(workerFilePath) !== own)
    wanted.push(['workerFilePath', path.resolve(workerFilePath)]);
  const held: fs.FileHandle[] = [];
  const release = () => closeAll(held);
  try {
    for (const [key, file] of wanted) {
      const lock = () => (shard === undefined ? lockAlone(key, file) : lockShared(key, file, shard.count));
      if (file !== own) held.push(await lock());
      else held.push(...(await lockInCache(root, file, 'pass', lock, shard !== undefined)));
    }
    if (shard !== undefined) {
      const file = path.join(root, nameFor(shard, LOCK_NAME));
      held.push(await lockAlone('cacheDirectory', file));
      wanted.push(['cacheDirectory', file]);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { files: wanted.map(([, file]) => file), release };
}

async function closeAll(handles: fs.FileHandle[]): Promise<void> {
  for (const handle of handles.splice(0).reverse()) await handle.close();
}

/** @param fileNeeded the lock file can't be replaced by a claim of the directory */
async function lockInCache(
  root: string,
  file: string,
  of: ClaimOf,
  lock: () => Promise<fs.FileHandle>,
  fileNeeded = false,
): Promise<fs.FileHandle[]> {
  let handle: fs.FileHandle;
  try {
    handle = await lock();
  } catch (error) {
    if (fileNeeded || !(error instanceof NoRoom)) throw error;
    return [await lockDirectory(root, file, of, error)];
  }
  const beside = await claimBeside(root, of);
  if (beside !== 'held') return beside === undefined ? [handle] : [handle, beside];
  await handle.close();
  throw new LockedError(file, {});
}

/** Two processes that come at once may both refuse: so each tries again after a random time. */
async function lockDirectory(
  root: string,
  file: string,
  of: ClaimOf,
  noRoom: NoRoom,
): Promise<fs.FileHandle> {
  const end = performance.now() + SHARING_MS;
  for (;;) {
    const claimed = await claimInstead(root, of);
    if (claimed === undefined) throw noRoom;
    if (claimed !== 'held') return claimed;
    if (performance.now() >= end) throw new LockedError(file, {});
    await sleep(AGAIN_MS * (1 + 4 * Math.random()));
  }
}

function lockAlone(key: string, file: string): Promise<fs.FileHandle> {
  return untilLocked(key, file, async (handle) => {
    if (!tryLock(handle.fd, key, file, false)) throw new LockedError(file, await readHolder(handle));
    if (!(await isStill(handle, file))) return false;
    await refuseForeign(handle, key, file);
    // This text is only for people. If a full disk doesn't take it, no text is better than an earlier holder's.
    await writeHolder(handle).catch(() => handle.truncate(0));
    return true;
  });
}

function lockShared(key: string, file: string, shards: number): Promise<fs.FileHandle> {
  const end = performance.now() + SHARING_MS;
  return untilLocked(key, file, async (handle) => {
    if (tryLock(handle.fd, key, file, false) && (await isStill(handle, file))) {
      await refuseForeign(handle, key, file);
      await writeCount(handle, key, file, shards);
    }
    const shared = tryLock(handle.fd, key, file, true) && (await isStill(handle, file));
    const holder = await readHolder(handle);
    if (shared && holder.shards === shards) return true;
    if (performance.now() >= end) throw new LockedError(file, holder);
    return false;
  });
}

/** @param attempt false: try again, with the file opened anew */
async function untilLocked(
  key: string,
  file: string,
  attempt: (handle: fs.FileHandle) => Promise<boolean>,
): Promise<fs.FileHandle> {
  for (;;) {
    const handle = await openLockFile(key, file);
    try {
      if (await attempt(handle)) return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    await sleep(AGAIN_MS);
  }
}

async function openLockFile(key: string, file: string): Promise<fs.FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    // Who may read it may lock it, and keep all passes away.
    return await fs.open(file, flags, 0o600);
  } catch (error) {
    const message = `the lock file ${file} can't be opened: ${(error as Error).message}`;
    const code = errnoCode(error);
    const Kind = code === 'ENOSPC' || code === 'EDQUOT' ? NoRoom : ConfigError;
    throw new Kind([{ key, message }]);
  }
}

function tryLock(fd: number, key: string, file: string, shared: boolean): boolean {
  try {
    return nativeLocks.tryLock(fd, 0, 0, { shared });
  } catch (error) {
    throw new ConfigError([
      { key, message: `the lock file ${file} can't be locked: ${(error as Error).message}` },
    ]);
  }
}

/** Somebody may have removed the file between our open and our lock: then the lock is worth nothing. */
export async function isStill(handle: fs.FileHandle, file: string): Promise<boolean> {
  const mine = await handle.stat({ bigint: true });
  try {
    const there = await fs.lstat(file, { bigint: true });
    return mine.dev === there.dev && mine.ino === there.ino;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw error;
  }
}
