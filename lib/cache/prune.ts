/** Removes directories that a pass has emptied. */
import * as fs from 'node:fs/promises';
import { splitPath, type CacheDirectory } from './directory.js';

/**
 * Removes a directory if it is empty, then its parents while they are empty, never the cache's root. Stops without an error at
 * a directory that is in use, not ours to remove, or gone: an empty directory harms nobody.
 * @returns what was removed, relative to the cache
 */
export async function pruneEmpty(root: CacheDirectory, directory: string): Promise<string[]> {
  const pruned: string[] = [];
  let path = directory;
  while (path !== '') {
    const [parentPath, name] = splitPath(path);
    try {
      const parent = await root.openBeneath(parentPath);
      try {
        await fs.rmdir(parent.entry(name));
      } finally {
        await parent.close();
      }
    } catch {
      break;
    }
    pruned.push(path);
    path = parentPath;
  }
  return pruned;
}
