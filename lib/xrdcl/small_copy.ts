/**
 * Copies small files between this machine and a server with libXrdCl's `File`: open, read or write, close. The threads and
 * queues that its `CopyProcess` makes for every file cost more than the bytes of a small one.
 */
import {
  addon,
  type NativeOperation,
  type NativeSmallCopyResults,
  type NativeStatus,
} from '../addon/addon.js';
import type { JobProperties } from './copy_options.js';
import { checksumTypes as knownTypes, type ChecksumType } from '../posix/checksum.js';
import { isRemoteUrl } from './location.js';

/** Most bytes of a small file: the only place that says so. */
export const smallFile = 2 ** 20;

/** Whether a file of this size (bytes) is copied as a small one; not if its size isn't known. */
export function isSmallFile(size: number | undefined): boolean {
  return size !== undefined && size <= smallFile;
}

/** Options that `native/xrdcl/small_file_copy.cc` supports, or that don't matter for a file of one request. */
const known = new Set<string>([
  ...[
    'source',
    'target',
    'makeDir',
    'ownerOnly',
    'chunkSize',
    'parallelChunks',
    'checkSumMode',
    'checkSumType',
  ],
]);

function isDefault(value: string | number | boolean): boolean {
  return value === false || value === 'none' || value === 0;
}

function isLocalChecksum(properties: JobProperties): boolean {
  const { checkSumMode = 'none', checkSumType = '' } = properties;
  return checkSumMode === 'none' || knownTypes.some((type) => type === checkSumType);
}

/**
 * Is the copy made as a small copy? `runJob` decides that once and passes the answer on.
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

export interface SmallCopyOptions {
  sync: boolean;
  /** Of the same bytes, besides `checkSumType`. */
  alsoCheckSumType: ChecksumType | undefined;
}

export function startSmallCopy(
  properties: JobProperties,
  { sync, alsoCheckSumType }: SmallCopyOptions,
  ended: (error: NativeStatus | undefined, results: NativeSmallCopyResults) => void,
): NativeOperation {
  const { source, target, makeDir = true, ownerOnly = false } = properties;
  const { checkSumMode = 'none', checkSumType = '' } = properties;
  const types = checkSumMode === 'none' ? [] : [checkSumType, alsoCheckSumType];
  const checksumTypes = types.filter((type) => type !== undefined);
  const download = isRemoteUrl(source);
  return addon.copySmall(source, target, makeDir, checksumTypes, sync, download, smallFile, ownerOnly, ended);
}
