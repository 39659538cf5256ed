/**
 * For a cache whose disk has no room even for an empty lock file: claims on the cache's directory itself.
 *
 * A directory can't be opened for writing, so it takes shared locks only, which exclude nobody. Each pass puts such a lock on
 * one of two bytes: on the first if it has a lock file, on the second if it has none. Then it looks for the locks of others: a
 * pass on the second byte must be alone on both bytes, a pass on the first must see nobody on the second. If two come at once,
 * at least one sees the other. The locks end with their process, like all locks of open file descriptions.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import nativeLocks from 'fs-native-extensions';
import { hasOtherLocks } from '../posix/index.js';

/** The first of the two bytes. A service and a pass don't exclude each other. */
const BYTES = { pass: 0, service: 2 };
export type ClaimOf = keyof typeof BYTES;

/** Local file systems, as statfs(2) numbers them: on others, locks on directories may not reach other machines. */
const LOCAL = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0xf2f52010]);

/**
 * The claim of one who has a lock file.
 * @returns `held`: somebody works there without a lock file; undefined: nobody can make claims there
 */
export function claimBeside(directory: string, of: ClaimOf): Promise<fs.FileHandle | 'held' | undefined> {
  const first = BYTES[of];
  return claim(directory, first, first + 1, 1);
}

/**
 * The claim of one who has no lock file.
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
