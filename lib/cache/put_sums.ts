/** Which checksums a put computes, and what they must be. */
import { checksumTypes, type ChecksumType } from '../posix/index.js';
import { checksumText, type Checksum } from '../rules/checksum.js';
import { parsePutChecksum, type PutChecksum } from '../rules/put_checksum.js';
import { CacheError } from './errors.js';

export interface Sums {
  /** The first is returned and kept with the record; the last is that of `expected`, if there is one. */
  types: readonly ChecksumType[];
  expected: PutChecksum | undefined;
  /**
   * @param path of the record
   * @param computed of all bytes, in the order of the types
   * @returns the first
   * @throws {CacheError} ChecksumMismatch
   */
  checked: (path: string, computed: readonly Checksum[]) => Checksum;
}

/** @throws {TypeError} */
export function sumsOf({
  checksum,
  checksumType = 'adler32',
}: {
  checksum?: string;
  checksumType?: ChecksumType;
}): Sums {
  if (!checksumTypes.includes(checksumType))
    throw new TypeError(
      `checksumType is ${JSON.stringify(checksumType)}; it must be one of ${checksumTypes.join(', ')}`,
    );
  const expected = checksum === undefined ? undefined : expectedOf(checksum);
  const types =
    expected === undefined || expected.type === checksumType ? [checksumType] : [checksumType, expected.type];
  const checked = (path: string, computed: readonly Checksum[]) => {
    const [first] = computed;
    const last = computed.at(-1);
    if (first === undefined || last === undefined) throw new Error('a put without a checksum');
    if (expected !== undefined && last.value !== expected.value) throw mismatch(path, expected, last);
    return first;
  };
  return { types, expected, checked };
}

function expectedOf(text: unknown): PutChecksum {
  const expected = typeof text === 'string' ? parsePutChecksum(text) : undefined;
  if (expected !== undefined) return expected;
  const shown = JSON.stringify(text);
  throw new TypeError(
    `checksum is ${shown}; it must be type:hex, with one of ${checksumTypes.join(', ')}: adler32:0a1b2c3d`,
  );
}

function mismatch(path: string, expected: Checksum, found: Checksum): CacheError {
  const message = `${path} was not put: its bytes have ${checksumText(found)}, expected was ${checksumText(expected)}`;
  return new CacheError('ChecksumMismatch', path, message);
}
