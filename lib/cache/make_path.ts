/** Makes a directory and what is missing above it. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';

/**
 * As `mkdir -p`. Node's own, `mkdir(path, { recursive: true })`, never ends where a parent exists and refuses entries
 * with ENOENT, as /proc does (seen with Node 20).
 * @param durable wait until the new names are on the disk
 * @throws system errors: ENOENT, EACCES, ENOTDIR, EEXIST when something else has the name, …
 */
export async function makePath(path: string, durable: boolean): Promise<void> {
  try {
    await make(path, durable);
  } catch (error) {
    if (errnoCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (errnoCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makePath(dirname(path), durable);
    await make(path, durable).catch((failure: unknown) => {
      if (errnoCode(failure) !== 'EEXIST') throw failure;
    });
  }
}

async function make(path: string, durable: boolean): Promise<void> {
  await mkdir(path);
  if (!durable) return;
  const above = await CacheDirectory.openRoot(dirname(path));
  try {
    await above.sync();
  } finally {
    await above.close();
  }
}
