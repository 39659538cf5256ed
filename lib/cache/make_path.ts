/** Makes a directory and what is missing above it. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from './errors.js';

/**
 * As `mkdir -p`. Node's own, `mkdir(path, { recursive: true })`, never ends where a parent exists and refuses entries
 * with ENOENT, as /proc does (seen with Node 20).
 * @throws system errors: ENOENT, EACCES, ENOTDIR, EEXIST when something else has the name, …
 */
export async function makePath(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errnoCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (errnoCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makePath(dirname(path));
    await mkdir(path).catch((failure: unknown) => {
      if (errnoCode(failure) !== 'EEXIST') throw failure;
    });
  }
}
