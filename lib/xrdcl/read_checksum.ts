/** The checksum of a file on a server, of its bytes as they are read over the network. */
import { onAbort } from './abort.js';
import { addon, type NativeStatus } from './addon.js';
import { checksumTypes, type ChecksumType, type FileChecksum } from './checksum.js';
import { XRootDError } from './error.js';
import { checkEndpoint, checkServerUrl } from './location.js';
import type { RateLimit } from './rate_limit.js';

export interface ReadChecksumOptions {
  signal?: AbortSignal | undefined;
  /** Bytes a second, of all that is given it together. */
  rateLimit?: RateLimit | undefined;
}

interface ReadResult {
  /** Bytes. */
  size: number;
  /** Absent after an error. */
  checksum?: string;
}

/** Bytes of one request, as in read_checksum.cc. */
const piece = 4 * 2 ** 20;

/**
 * Opens for reading and asks for nothing else; whether that brings a file back from tape depends on the server, so ask by
 * `stat` whether it is online. Memory: 4 MiB.
 * @param url of a file, `root://server//path`
 * @throws {XRootDError} also when the file gets shorter meanwhile; TypeError for what is no URL of a file; RangeError for a type
 * that isn't computed here; the signal's reason
 */
export function readChecksum(
  url: string,
  type: ChecksumType,
  { signal, rateLimit }: ReadChecksumOptions = {},
): Promise<FileChecksum> {
  if (!checksumTypes.includes(type))
    throw new RangeError(`checksum type must be one of ${checksumTypes.join(', ')}`);
  checkEndpoint('source', checkServerUrl(url));
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const operation = addon.readChecksum(url, type, rateLimit !== undefined, (event, first, second) => {
      if (event === 0) heldUp(first as number, second as number);
      else ended(first as NativeStatus | undefined, second as ReadResult);
    });
    const ignore = onAbort(signal, () => {
      operation.cancel();
    });
    const heldUp = (bytes: number, size: number) => {
      const next = Math.min(piece, size - bytes);
      // Also when it is aborted: then it goes on to its end.
      void rateLimit?.take(next, signal).then(() => {
        operation.allow(bytes + next);
      });
    };
    const ended = (failure: NativeStatus | undefined, { size, checksum = '' }: ReadResult) => {
      ignore();
      if (failure === undefined) resolve({ type, value: checksum, bytes: size });
      else if (signal?.aborted === true) reject(signal.reason as Error);
      else reject(new XRootDError(failure, { operation: 'read back', source: url }));
    };
  });
}
