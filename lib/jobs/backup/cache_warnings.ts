/** Is this the cache, or the empty mount point of its disk? Files that are written to that are hidden by the next mount. */
import * as fs from 'node:fs/promises';
import { missingMount, type MountTables } from '../../config/mounts.js';
import { isReserved } from '../../rules/names.js';

/**
 * @param real the cache, without symbolic links
 * @param bare it is empty, and no pass has found a record there before
 */
export function cacheWarnings(real: string, bare: boolean, tables: MountTables): string[] {
  const missing = missingMount(real, tables);
  if (missing !== undefined)
    return [
      `the cache ${real} is not on its disk: /etc/fstab has one for ${missing}, and it is not mounted; ` +
        'what is written into the cache lands on another one',
    ];
  if (!bare) return [];
  return [
    `the cache ${real} is empty, and no pass has found a record in it yet: if it should have some, its disk is not mounted`,
  ];
}

/** Does it have no entries except our own files? */
export async function isBare(directory: string): Promise<boolean> {
  return (await fs.readdir(directory)).every(isReserved);
}
