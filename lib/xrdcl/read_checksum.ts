/** The checksum of a file on a server, of its bytes as they are read over the network. */
import { stoppable } from '../addon/abort.js';
import { addon, type NativeStatus } from '../addon/addon.js';
import { checksumTypes, type ChecksumType, type FileChecksum } from '../posix/checksum.js';
import { XRootDError } from './error.js';
import { cgiOf, checkEndpoint, checkServerUrl } from './location.js';
import { hideOpaque } from './opaque.js';
import type { RateLimit } from './rate_limit.js';
import { identifierOf, type ShortStat } from './stat_info.js';

/** Options of `readChecksum`. */
export interface ReadChecksumOptions {
  /** Ends it; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Bytes a second, of all that is given it together. */
  rateLimit?: RateLimit | undefined;
}

/** The stat of an open handle. On some servers (EOS) its identifier and time differ from those of the path's stat. */
export type OpenedStat = Pick<ShortStat, 'id' | 'size' | 'mtime'>;

/** The checksum of a file as it was read over the network. */
export interface ReadBack extends FileChecksum {
  /** The file that was read, whatever has its path by now. */
  opened: OpenedStat;
}

export interface ReadResult {
  /** Bytes. */
  size: number;
  /** Absent, like the next, when it wasn't opened. */
  id?: string;
  /** Seconds since the epoch. */
  modTime?: number;
  /** Absent after an error. */
  checksum?: string;
}

/** Bytes of one request, as in read_checksum.cc. */
const piece = 4 * 2 ** 20;

/**
 * Opens a file for reading, reads it, and computes its checksum. Whether that brings an offline file back from tape depends
 * on the server, so ask `stat` first whether it is online. Memory: 4 MiB.
 * @param url of a file, `root://server//path`
 * @throws {XRootDError} also when the file gets shorter meanwhile; TypeError for what is no URL of a file; RangeError for a type
 * that isn't computed here; the signal's reason
 */
export function readChecksum(
  url: string,
  type: ChecksumType,
  { signal, rateLimit }: ReadChecksumOptions = {},
): Promise<ReadBack> {
  if (!checksumTypes.includes(type))
    throw new RangeError(`checksum type must be one of ${checksumTypes.join(', ')}`);
  checkEndpoint('source', checkServerUrl(url));
  hideOpaque(cgiOf(url));
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    stoppable(signal, (ignore) => {
      const operation = addon.readChecksum(url, type, rateLimit !== undefined, (event, first, second) => {
        if (event === 0) heldUp(first as number, second as number);
        else ended(first as NativeStatus | undefined, second as ReadResult);
      });
      const heldUp = (bytes: number, size: number) => {
        const next = Math.min(piece, size - bytes);
        // Also when it is aborted: then it goes on to its end.
        void rateLimit?.take(next, signal).then(() => {
          operation.allow(bytes + next);
        });
      };
      const ended = (failure: NativeStatus | undefined, result: ReadResult) => {
        ignore();
        const { size, checksum = '' } = result;
        if (failure === undefined) resolve({ type, value: checksum, bytes: size, opened: openedOf(result) });
        else if (signal?.aborted === true) reject(signal.reason as Error);
        else reject(new XRootDError(failure, { operation: 'read back', source: url }));
      };
      return () => {
        operation.cancel();
      };
    });
  });
}

/**
 * Opens a file and closes it again without reading: returns what readChecksum() would return as `opened` now.
 * @throws as readChecksum()
 */
export function statOpened(
  url: string,
  { signal }: Pick<ReadChecksumOptions, 'signal'> = {},
): Promise<OpenedStat> {
  checkEndpoint('source', checkServerUrl(url));
  hideOpaque(cgiOf(url));
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    stoppable(signal, (ignore) => {
      const operation = addon.readChecksum(url, 'adler32', true, (event, first, second) => {
        // Held up before its first byte.
        if (event === 0) stop();
        else ended(first as NativeStatus | undefined, second as ReadResult);
      });
      const stop = () => {
        operation.cancel();
        operation.allow(0);
      };
      const ended = (failure: NativeStatus | undefined, result: ReadResult) => {
        ignore();
        if (signal?.aborted === true) reject(signal.reason as Error);
        else if (failure !== undefined && result.id === undefined)
          reject(new XRootDError(failure, { operation: 'open', source: url }));
        else resolve(openedOf(result));
      };
      return stop;
    });
  });
}

export function openedOf({ size, id = '', modTime = NaN }: ReadResult): OpenedStat {
  return { id: identifierOf(id), size, mtime: new Date(modTime * 1000) };
}
