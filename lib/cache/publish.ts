/** Gives a finished temporary file its name in one step. */
import * as fs from 'node:fs/promises';
import { publishFile } from '../posix/index.js';
import { joinPath, type CacheDirectory } from './directory.js';
import { alreadyExists, CacheError, errnoCode } from './errors.js';
import { displacedName } from './own_files.js';

export interface PublishOptions {
  /** True: replace what has the name. A text: only the file of this version (standingFile()). Default false: AlreadyExists. */
  overwrite?: boolean | string | undefined;
  /** Wait until bytes and name are on the disk. Default false. */
  fsync?: boolean | undefined;
  /** The file's time of change; a number: microseconds since the epoch. Default: as it is. */
  mtime?: Date | number | undefined;
  /** Its permission bits. Default: as they are. */
  mode?: number | undefined;
  /** `device:inode` of the temporary file, where that is known: no other gets the name. */
  made?: string | undefined;
}

/**
 * Without `overwrite` nothing is ever replaced, and with a version no other file. After an error the temporary file is gone.
 * @throws {CacheError} AlreadyExists; Displaced; Superseded; system errors
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
  const exchanges = typeof options.overwrite === 'string';
  const ours = options.made ?? (exchanges ? await madeAt(from) : undefined);
  const holdsAnother = () => isAnother(from, ours);
  try {
    await publishFile(from, to, options).catch(async (error: unknown) => {
      if (options.overwrite === true || !cannotPromise(error) || (await holdsAnother())) throw error;
      await linkNew(from, to);
      if (options.fsync === true) await directory.sync();
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === 'publish')
      throw superseded(joinPath(directory.relative, name), error);
    if (exchanges && (await holdsAnother())) throw await keepDisplaced(directory, temporary, name, error);
    await discard(directory, temporary, ours);
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

function superseded(path: string, cause: unknown): CacheError {
  const message =
    `another process has put a file of its own in place of the one that was fetched for ${path}: is another restore at work in ` +
    'its directory, from a directory above or below? The file was not given its name';
  return new CacheError('Superseded', path, message, { cause });
}

/** `device:inode`; undefined: nothing is there. */
async function madeAt(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await fs.lstat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Is another file there than ours? Nobody knows where ours isn't known. */
async function isAnother(path: string, ours: string | undefined): Promise<boolean> {
  const now = ours === undefined ? undefined : await madeAt(path);
  return now !== undefined && now !== ours;
}

/** @param ours `device:inode`, where that is known: another file stays */
export async function discard(directory: CacheDirectory, temporary: string, ours?: string): Promise<void> {
  if (await isAnother(directory.entry(temporary), ours)) return;
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
