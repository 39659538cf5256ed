/** One process at a time does something, by a kernel lock that ends with its process. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import nativeLocks from 'fs-native-extensions';
import { isStill } from './lock.js';

/**
 * Runs a task while nobody else runs one under the same file, which is made, and removed afterwards. Two in one process exclude each other
 * like two processes.
 * @returns false if another one runs: then nothing is done
 * @throws system errors; what the task throws
 */
export async function exclusively(file: string, task: () => Promise<void>): Promise<boolean> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await fs.open(file, flags, 0o600);
  try {
    if (!nativeLocks.tryLock(handle.fd, 0, 0, { shared: false })) return false;
    // Its holder has just removed it: the lock is worth nothing.
    if (!(await isStill(handle, file))) return false;
    try {
      await task();
    } finally {
      await fs.rm(file, { force: true });
    }
    return true;
  } finally {
    await handle.close();
  }
}
