/** Takes away directories that a pass has emptied. */
import * as fs from 'node:fs/promises';
import { splitPath, type CacheDirectory } from './directory.js';

/**
 * Removes a directory if it is empty, then its parents as far as they are, never the cache's root. A directory that is
 * in use, not ours to remove, or gone ends it quietly: an empty directory harms nobody.
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
