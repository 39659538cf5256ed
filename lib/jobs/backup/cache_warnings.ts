/** Is this the cache at all, or the empty directory where its disk is not mounted? What ingest writes there is lost to sight. */
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

/** Nothing but our own files is in it. */
export async function isBare(directory: string): Promise<boolean> {
  return (await fs.readdir(directory)).every(isReserved);
}
