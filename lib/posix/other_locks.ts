/** Does somebody else hold a lock? */
import { addon } from '../addon/addon.js';

/**
 * Does any other open file description hold an open-file-description or process lock on these bytes of a file or directory,
 * shared or not (fcntl(2), F_OFD_GETLK)?
 * @param length 0: up to the end
 * @returns undefined where the system can't tell: no Linux, a file system without locks
 */
export function hasOtherLocks(fd: number, offset: number, length: number): boolean | undefined {
  return addon.hasOtherLocks(fd, offset, length);
}
