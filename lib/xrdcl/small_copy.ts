/**
 * Copies of small files between this machine and a server by libXrdCl's `File`: open, read or write, close. What its
 * `CopyProcess` does beside, threads and queues for every file, costs more than such a file's bytes.
 */
import {
  addon,
  type NativeOperation,
  type NativeSmallCopyResults,
  type NativeStatus,
} from '../addon/addon.js';
import type { JobProperties } from './copy_options.js';
import { isRemoteUrl } from './location.js';

/** Most bytes of a small file: the only place that says so. */
export const smallFile = 2 ** 20;

export function isSmallFile(size: number | undefined): boolean {
  return size !== undefined && size <= smallFile;
}

/** What `native/xrdcl/small_file_copy.cc` does, or what makes no difference to a file of one request. */
const known = new Set<string>([
  ...['source', 'target', 'makeDir', 'chunkSize', 'parallelChunks', 'checkSumMode', 'checkSumType'],
]);

function isDefault(value: string | number | boolean): boolean {
  return value === false || value === 'none' || value === 0;
}

function isLocalChecksum(properties: JobProperties): boolean {
  const { checkSumMode = 'none', checkSumType = '' } = properties;
  return checkSumMode === 'none' || checkSumType === 'adler32' || checkSumType === 'crc32c';
}

/**
 * Is the copy made in this way? Decided once a copy (`runJob`); all others are told.
 * @param properties as for libXrdCl, checksums of a server left out
 * @param sizeHint bytes of the source, as far as is known
 */
export function isSmallCopy(properties: JobProperties, sizeHint: number | undefined): boolean {
  if (!isSmallFile(sizeHint)) return false;
  const { source, target } = properties;
  return (
    ((isRemoteUrl(source) && target.startsWith('/')) || (source.startsWith('/') && isRemoteUrl(target))) &&
    isLocalChecksum(properties) &&
    Object.entries(properties).every(([name, value]) => known.has(name) || isDefault(value))
  );
}

export function startSmallCopy(
  properties: JobProperties,
  { sync, readBack }: { sync: boolean; readBack: boolean },
  ended: (error: NativeStatus | undefined, results: NativeSmallCopyResults) => void,
): NativeOperation {
  const { source, target, makeDir = true, checkSumMode = 'none', checkSumType = '' } = properties;
  const checksumType = checkSumMode === 'none' ? '' : checkSumType;
  const download = isRemoteUrl(source);
  return addon.copySmall(source, target, makeDir, checksumType, sync, readBack, download, smallFile, ended);
}
