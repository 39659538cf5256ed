/** Checksums of bytes that are in memory, and what keeps one with the file that was written from them. */
import { addon, type NativeSums } from '../addon/addon.js';
import { systemError } from '../addon/system_error.js';
import { checksumsOf, type Checksum, type ChecksumType } from './checksum.js';

/** Checksums of bytes that are written to a file piece by piece, on a thread of libuv. */
export class RunningSums {
  readonly #types: readonly ChecksumType[];
  readonly #sums: NativeSums;

  constructor(types: readonly ChecksumType[]) {
    this.#types = types;
    this.#sums = addon.newSums(types);
  }

  /**
   * Writes all of the bytes to an open file, at its position. Until it is done the bytes must stay as they are, and nothing else may be
   * written.
   * @param file its path is for errors
   * @throws system errors
   */
  write(file: { fd: number; path: string }, bytes: Uint8Array): Promise<void> {
    const { fd, path } = file;
    return new Promise((resolve, reject) => {
      addon.writeSummed(fd, bytes, this.#sums, (errno) => {
        if (errno === 0) resolve();
        else reject(systemError(errno, 'write', path));
      });
    });
  }

  /** In the order of the types; once. */
  end(): Checksum[] {
    return checksumsOf(this.#types, addon.endSums(this.#sums));
  }
}

/**
 * Keeps a checksum with an open file, in an extended attribute that is bound to the file's size and time of change; to be called after
 * the last write.
 * @returns false if that can't be: the file system has no such attributes, or no room for them
 */
export function keepChecksum(fd: number, { type, value }: Checksum): Promise<boolean> {
  return new Promise((resolve) => {
    addon.keepChecksum(fd, `${type}:${value}`, (errno) => {
      resolve(errno === 0);
    });
  });
}
