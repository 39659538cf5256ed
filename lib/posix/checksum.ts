/** Checksums of local files, computed off the main thread as XRootD's servers compute them. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { stoppable } from '../addon/abort.js';
import { addon } from '../addon/addon.js';
import { systemError } from '../addon/system_error.js';

/**
 * crc32 is XRootD's own, which counts the length too, and not the one that other programs call so. That one, XRootD's zcrc32, isn't
 * here: its servers give it out with its bytes in another order (5.5.3, seen).
 */
export const checksumTypes = ['adler32', 'crc32c', 'md5', 'crc32'] as const;
/** One of `checksumTypes`. */
export type ChecksumType = (typeof checksumTypes)[number];

/** A checksum with its type. */
export interface Checksum {
  /** `adler32`, `crc32c`, … */
  type: string;
  /** Lower-case hexadecimal, leading zeros kept: 32 digits for md5, 8 for the others of `checksumTypes`. */
  value: string;
}

/** The checksum of a file, or of a part of it. */
export interface FileChecksum extends Checksum {
  /** How many bytes were read: less than asked for at the end of the file. */
  bytes: number;
}

/** Options of `checksumFile`. */
export interface ChecksumOptions {
  /** Default `adler32`. */
  type?: ChecksumType;
  /** First byte; default 0. */
  offset?: number;
  /** Number of bytes; default all up to the end. */
  length?: number;
  /** Ends it; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** `0a1b` of adler32 is `00000a1b`: libXrdCl and some servers drop leading zeros. */
export function padChecksum(type: string, value: string): string {
  const digits = value.trim().toLowerCase();
  if (type === 'md5') return digits.padStart(32, '0');
  return checksumTypes.some((known) => known === type) ? digits.padStart(8, '0') : digits;
}

/** @param values what the addon has computed, in the order of the types */
export function checksumsOf(types: readonly ChecksumType[], values: readonly string[]): Checksum[] {
  return types.map((type, index) => ({ type, value: values[index] ?? '' }));
}

function checkRange(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${name} must be a whole number from 0 up`);
}

/**
 * The checksum of a file (a path, or whatever has an open `fd`), or of a range of it, read by threads of the addon (8 at most).
 * A symbolic link as the last part of a path is refused (`ELOOP`); opening a pipe doesn't wait for its other end.
 * @throws RangeError for a bad range, a system error (`ENOENT`, `EIO`, …) when reading fails, the signal's reason when aborted.
 */
export async function checksumFile(
  file: string | { readonly fd: number },
  options: ChecksumOptions = {},
): Promise<FileChecksum> {
  const { type = 'adler32', ...range } = options;
  const [sum] = await checksumsOfFile(file, [type], range);
  if (sum === undefined) throw new Error('a file without a checksum');
  return sum;
}

/** Several checksums of a file, which is read once for all of them; in the order of the types. Otherwise as checksumFile(). */
export async function checksumsOfFile(
  file: string | { readonly fd: number },
  types: readonly ChecksumType[],
  { offset = 0, length, signal }: Omit<ChecksumOptions, 'type'> = {},
): Promise<FileChecksum[]> {
  if (!types.every((type) => checksumTypes.includes(type)))
    throw new RangeError(`checksum type must be one of ${checksumTypes.join(', ')}`);
  checkRange('offset', offset);
  if (length !== undefined) checkRange('length', length);
  signal?.throwIfAborted();
  if (typeof file !== 'string')
    return checksumDescriptor(file.fd, String(file.fd), types, offset, length, signal);
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await checksumDescriptor(handle.fd, file, types, offset, length, signal);
  } finally {
    await handle.close();
  }
}

function checksumDescriptor(
  fd: number,
  name: string,
  types: readonly ChecksumType[],
  offset: number,
  length: number | undefined,
  signal: AbortSignal | undefined,
): Promise<FileChecksum[]> {
  return new Promise((resolve, reject) => {
    stoppable(signal, (ignore) => {
      const operation = addon.checksum(fd, types, offset, length ?? -1, (errno, values, bytes) => {
        ignore();
        if (errno === 0) resolve(checksumsOf(types, values).map((sum) => ({ ...sum, bytes })));
        else if (signal?.aborted) reject(signal.reason as Error);
        else reject(systemError(errno, 'pread', name));
      });
      return () => {
        operation.cancel();
      };
    });
  });
}
