/**
 * For a cache whose disk has no room even for an empty lock file: claims on the cache's directory itself.
 *
 * A directory can't be opened for writing, and so bears shared locks only, which exclude nobody. So each pass claims one of
 * two bytes with such a lock: the first beside its lock file, the second instead of one. Then it looks: who holds the second
 * must be alone on both, who holds the first must see nobody on the second. Of two that come at once one at least sees the
 * other. Claims go with their process, like all locks of open file descriptions.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import nativeLocks from 'fs-native-extensions';
import { hasOtherLocks } from '../posix/index.js';

/** The first of the two bytes; a service is none of a pass. */
const BYTES = { pass: 0, service: 2 };
export type ClaimOf = keyof typeof BYTES;

/** File systems of this machine alone (statfs(2)): elsewhere locks on directories may not reach other machines. */
const LOCAL = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0xf2f52010]);

/**
 * Beside a lock file.
 * @returns `held`: somebody works there without a lock file; undefined: no claims can be made there, by nobody
 */
export function claimBeside(directory: string, of: ClaimOf): Promise<fs.FileHandle | 'held' | undefined> {
  const first = BYTES[of];
  return claim(directory, first, first + 1, 1);
}

/**
 * Instead of a lock file.
 * @returns `held`: somebody works there, with a lock file or without; undefined: no claims can be made there
 */
export async function claimInstead(
  directory: string,
  of: ClaimOf,
): Promise<fs.FileHandle | 'held' | undefined> {
  const { type } = await fs.statfs(directory);
  const first = BYTES[of];
  return LOCAL.has(type >>> 0) ? await claim(directory, first + 1, first, 2) : undefined;
}

async function claim(
  directory: string,
  own: number,
  others: number,
  count: number,
): Promise<fs.FileHandle | 'held' | undefined> {
  const handle = await fs.open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  let held: boolean | undefined;
  try {
    nativeLocks.tryLock(handle.fd, own, 1, { shared: true });
    held = hasOtherLocks(handle.fd, others, count);
  } catch {
    // Network file systems know no locks on directories.
  }
  if (held === false) return handle;
  await handle.close();
  return held === true ? 'held' : undefined;
}
