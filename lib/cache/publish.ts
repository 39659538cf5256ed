/** Gives a finished temporary file its name in one step. */
import * as fs from 'node:fs/promises';
import { joinPath, type CacheDirectory } from './directory.js';
import { CacheError, errnoCode } from './errors.js';

export interface PublishOptions {
  /** Replace what has the name. Default false: AlreadyExists. */
  overwrite?: boolean | undefined;
  /** Wait until the name is on the disk. Default false. */
  fsync?: boolean | undefined;
}

/**
 * Without `overwrite` nothing is ever replaced. After an error the temporary file is gone.
 * @throws {CacheError} AlreadyExists; system errors
 */
export async function publish(
  directory: CacheDirectory,
  temporary: string,
  name: string,
  options: PublishOptions,
): Promise<void> {
  const from = directory.entry(temporary);
  const to = directory.entry(name);
  try {
    if (options.overwrite === true) await fs.rename(from, to);
    else await linkNew(from, to);
  } catch (error) {
    await discard(directory, temporary);
    if (errnoCode(error) !== 'EEXIST') throw error;
    const path = joinPath(directory.relative, name);
    throw new CacheError('AlreadyExists', path, `${path} exists already`, { cause: error });
  }
  if (options.fsync === true) await directory.sync();
}

export async function discard(directory: CacheDirectory, temporary: string): Promise<void> {
  try {
    await fs.unlink(directory.entry(temporary));
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

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
