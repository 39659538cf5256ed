/** Is a local file being written? */
import { addon } from '../addon/addon.js';

/**
 * Does any process on this machine have the file open for writing? Asked of the kernel by a read lease, which it
 * refuses while there is a writer (fcntl(2), F_SETLEASE).
 * @param fd opened for reading; must belong to this user, or the process have CAP_LEASE
 * @returns undefined where the system can't tell: another's file, no Linux, a file system without leases
 */
export function hasWriters(fd: number): boolean | undefined {
  return addon.hasWriters(fd);
}
