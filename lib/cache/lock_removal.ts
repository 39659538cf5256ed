/**
 * Removes the lock files of a restore once nobody holds them; in a cache they stay. We lock a file while we remove it. Another
 * process that has opened it sees, when it gets the lock, that the file is gone, and opens a new one (lock.ts).
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

/** If somebody else still holds the file, it stays: he removes it. */
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
