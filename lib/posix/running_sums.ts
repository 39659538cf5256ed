/** Checksums of bytes that are in memory, and what keeps one with the file that was written from them. */
import { addon, type NativeSums } from '../addon/addon.js';
import { checksumsOf, type Checksum, type ChecksumType } from './checksum.js';

/** Checksums of bytes that come piece by piece, computed on a thread of libuv beside the writing of the same bytes. */
export class RunningSums {
  readonly #types: readonly ChecksumType[];
  readonly #sums: NativeSums;

  constructor(types: readonly ChecksumType[]) {
    this.#types = types;
    this.#sums = addon.newSums(types);
  }

  /** Until it is done the bytes must stay as they are, and nothing else may be added. */
  add(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      addon.addToSums(this.#sums, bytes, resolve);
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
