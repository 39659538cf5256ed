/** Gives a captured file its name back, without ever writing over what may stand there now. */
import * as fs from 'node:fs/promises';
import { sameInode } from '../rules/identity.js';
import { joinPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';

export type PutBackResult =
  { outcome: 'restored' | 'vanished' } | { outcome: 'displaced'; capture: string; message: string };

/** Errors that say "no hard links here" (directories, exFAT, some network and FUSE file systems). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EISDIR']);

/**
 * A crash at any point leaves the capture, the name, or both for one inode; running it again completes it.
 * @param holder the directory that holds the capture
 */
export async function putBack(
  directory: CacheDirectory,
  capture: string,
  name: string,
  holder: CacheDirectory = directory,
): Promise<PutBackResult> {
  const from = holder.entry(capture);
  const to = directory.entry(name);
  try {
    await fs.link(from, to);
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return { outcome: 'vanished' };
    if (code === 'EEXIST') return settleDouble(directory, capture, name, holder);
    if (code === undefined || !NO_LINKS.has(code)) throw error;
    return renameBack(directory, capture, name, holder);
  }
  await fs.unlink(from);
  return { outcome: 'restored' };
}

async function settleDouble(
  directory: CacheDirectory,
  capture: string,
  name: string,
  holder: CacheDirectory,
): Promise<PutBackResult> {
  const held = await statOrNull(holder.entry(capture));
  const there = await statOrNull(directory.entry(name));
  if (held === null) return { outcome: 'vanished' };
  if (there === null) return putBack(directory, capture, name, holder);
  if (!sameInode(held, there)) return displaced(directory, capture, name, holder);
  await fs.unlink(holder.entry(capture));
  return { outcome: 'restored' };
}

/** Where a hard link can't be made: not atomic, a file that appears between the look and the rename is replaced. */
async function renameBack(
  directory: CacheDirectory,
  capture: string,
  name: string,
  holder: CacheDirectory,
): Promise<PutBackResult> {
  if ((await statOrNull(directory.entry(name))) !== null) return displaced(directory, capture, name, holder);
  await fs.rename(holder.entry(capture), directory.entry(name));
  return { outcome: 'restored' };
}

async function statOrNull(path: string) {
  try {
    return await fs.lstat(path, { bigint: true });
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function displaced(
  directory: CacheDirectory,
  capture: string,
  name: string,
  holder: CacheDirectory,
): PutBackResult {
  const path = joinPath(directory.relative, name);
  const held = joinPath(holder.relative, capture);
  return {
    outcome: 'displaced',
    capture: held,
    message: `${path} was captured for removal, and a newer file has its name now; the older one is kept as ${held}: move it to a free name`,
  };
}
