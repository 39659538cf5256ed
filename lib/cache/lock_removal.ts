/**
 * Takes the lock files of a restore away again, once nobody holds them: its directory is no cache, in which they stay.
 * A file goes while it is locked, and whoever has opened it meanwhile sees that it is gone when he gets the lock, and opens
 * another one (lock.ts).
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import nativeLocks from 'fs-native-extensions';
import { errnoCode } from './errors.js';
import { isStill } from './lock.js';

/** @param files of a lock that was released. @throws system errors */
export async function removeLockFiles(files: readonly string[]): Promise<void> {
  for (const file of files) await removeUnheld(file);
}

/** The last of several that come at once finds it free; those before him leave it to him. */
async function removeUnheld(file: string): Promise<void> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return;
    throw error;
  }
  try {
    if (nativeLocks.tryLock(handle.fd, 0, 0, { shared: false }) && (await isStill(handle, file)))
      await fs.unlink(file);
  } finally {
    await handle.close();
  }
}
