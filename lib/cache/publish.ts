/** Gives a finished temporary file its name in one step. */
import type { BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { sameInode } from '../rules/identity.js';
import { publishFile } from '../posix/index.js';
import { joinPath, type CacheDirectory } from './directory.js';
import { alreadyExists, CacheError, errnoCode } from './errors.js';
import { displacedName } from './own_files.js';

export interface PublishOptions {
  /** True: replace what has the name. A text: only the file of this version (standingFile()). Default false: AlreadyExists. */
  overwrite?: boolean | string | undefined;
  /** Wait until bytes and name are on the disk. Default false. */
  fsync?: boolean | undefined;
  /** The file's time of change. Default: as it is. */
  mtime?: Date | undefined;
}

/**
 * Without `overwrite` nothing is ever replaced, and with a version no other file. After an error the temporary file is gone.
 * @throws {CacheError} AlreadyExists; Displaced; system errors
 */
export async function publish(
  directory: CacheDirectory,
  temporary: string,
  name: string,
  options: PublishOptions,
): Promise<void> {
  const from = directory.entry(temporary);
  const to = directory.entry(name);
  // Only if a version is given can another file get the temporary name: native/posix/replace_seen.h.
  const ours = typeof options.overwrite === 'string' ? await statsOf(from) : null;
  const holdsAnother = async () => ours !== null && !isOne(ours, await statsOf(from));
  try {
    await publishFile(from, to, options).catch(async (error: unknown) => {
      if (options.overwrite === true || !cannotPromise(error) || (await holdsAnother())) throw error;
      await linkNew(from, to);
      if (options.fsync === true) await directory.sync();
    });
  } catch (error) {
    if (await holdsAnother()) throw await keepDisplaced(directory, temporary, name, error);
    await discard(directory, temporary);
    if (errnoCode(error) !== 'EEXIST') throw error;
    throw alreadyExists(joinPath(directory.relative, name), error);
  }
}

/** Renames somebody else's file, so that no later restore or pass takes it for a temporary file of ours. */
async function keepDisplaced(
  directory: CacheDirectory,
  temporary: string,
  name: string,
  cause: unknown,
): Promise<CacheError> {
  const kept = displacedName();
  await fs.rename(directory.entry(temporary), directory.entry(kept));
  const path = joinPath(directory.relative, name);
  const message =
    `${path} was replaced by others again and again while it was to be replaced; one of their files could not get the name ` +
    `back, and is kept as ${directory.real}/${kept}: move it to a free name`;
  return new CacheError('Displaced', path, message, { cause });
}

async function statsOf(path: string): Promise<BigIntStats | null> {
  try {
    return await fs.lstat(path, { bigint: true });
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** True also when nothing is there any more. */
function isOne(ours: BigIntStats, now: BigIntStats | null): boolean {
  return now === null || sameInode(ours, now);
}

export async function discard(directory: CacheDirectory, temporary: string): Promise<void> {
  try {
    await fs.unlink(directory.entry(temporary));
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}

/** The file system has no rename that is sure to replace nothing. */
function cannotPromise(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === 'rename' && code !== undefined && NO_PROMISE.has(code);
}

const NO_PROMISE = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** If the process is killed between link and unlink, the file keeps both names. */
async function linkNew(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    const code = errnoCode(error);
    if (code === undefined || !NO_LINKS.has(code)) throw error;
    const taken = await fs.lstat(to).then(
      () => true,
      () => false,
    );
    if (taken) throw Object.assign(new Error(`EEXIST: ${to}`), { code: 'EEXIST' });
    await fs.rename(from, to);
    return;
  }
  await fs.unlink(from);
}
