/** A new local file from bytes in memory. */
import { constants } from 'node:os';
import { join } from 'node:path';
import { addon } from '../addon/addon.js';
import { systemError } from '../addon/system_error.js';
import { checksumsOf, type Checksum, type ChecksumType } from './checksum.js';

export interface NewFile {
  /** A directory; symbolic links may lead to it. */
  root: string;
  /** Relative to the root, and reached without symbolic links; empty: the root itself. */
  parent: string;
  /** In the parent. Must not exist. */
  temporary: string;
  /** In the parent. */
  name: string;
  /** Permissions, before the umask. */
  mode: number;
  /** Checksums of the bytes to compute; the first one is kept with the file, as by keepChecksum(). */
  checksumTypes: readonly ChecksumType[];
  /** What the last one must be, as it is computed here: lower-case, all digits. */
  expected?: string | undefined;
}

export interface WrittenFile {
  /** In the order of the types. */
  checksums: Checksum[];
  /** The last checksum is another one than expected, and nothing was written. */
  refused: boolean;
}

/**
 * Writes bytes to a temporary file and gives it its name, in one go on a thread of libuv; nothing is replaced.
 * @returns undefined if nothing was done because it can't be done in one go: the directory doesn't exist or we may not use it, or
 * the system or file system lacks openat2(2) or renameat2(2)
 * @throws system errors, after which nothing is left: EEXIST of `rename`; of `write` and `close` whatever the disk has
 */
export function writeNewFile(bytes: Uint8Array, file: NewFile): Promise<WrittenFile | undefined> {
  const { root, parent, temporary, name, mode, checksumTypes: types, expected = '' } = file;
  return new Promise((resolve, reject) => {
    addon.writeFile(root, parent, temporary, name, bytes, mode, types, expected, (errno, step, values) => {
      const path = join(root, parent, temporary);
      const checksums = checksumsOf(types, values);
      if (errno === 0) resolve({ checksums, refused: false });
      else if (step === 'checksum') resolve({ checksums, refused: true });
      else if (step === 'write' || step === 'close') reject(systemError(errno, step, path));
      else if (step === 'rename' && errno === constants.errno.EEXIST)
        reject(systemError(errno, step, path, join(root, parent, name)));
      else resolve(undefined);
    });
  });
}
