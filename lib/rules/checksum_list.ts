/** Lists of checksums, as checksum programs print them, and the comparison of a remote file with one entry. */
import { sameChecksum, checksumText, type Checksum } from './checksum.js';
import { MAX_DISK_COMPONENT_BYTES, nameProblem } from './names.js';
import type { RemoteFile } from './remote_state.js';

/** What a file must have. */
export interface ExpectedFile extends Checksum {
  /** Bytes; undefined: not known, not compared. */
  readonly size?: number | undefined;
}

export interface ListedFile {
  /** Relative to the target's base. */
  path: string;
  expected: ExpectedFile;
}

/** By type: the number of hexadecimal digits, and the checksum of an empty file. */
const KNOWN: Readonly<Record<string, { digits: number; empty: string }>> = {
  adler32: { digits: 8, empty: '00000001' },
  crc32: { digits: 8, empty: '00000000' },
  crc32c: { digits: 8, empty: '00000000' },
  md5: { digits: 32, empty: 'd41d8cd98f00b204e9800998ecf8427e' },
  sha1: { digits: 40, empty: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' },
  sha256: { digits: 64, empty: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
};

const LINE = /^(?:([A-Za-z][A-Za-z0-9_-]*):)?([0-9A-Fa-f]+)(?: \*|[ \t]+)([^ \t].*)$/;

/**
 * `adler32:0123abcd  path`, or `0123abcd  path` as xrdadler32, sha256sum and their like print it (also ` *path`). Empty
 * lines and lines that begin with `#` give undefined.
 * @param type the checksum type of lines that name none
 * @throws {Error} that says what is wrong with the line
 */
export function parseChecksumLine(line: string, type: string): ListedFile | undefined {
  const text = line.replace(/^\uFEFF/, '').replace(/\r$/, '');
  if (text.trim() === '' || text.startsWith('#')) return undefined;
  const match = LINE.exec(text);
  if (match === null) throw new Error('is not "<type>:<hexadecimal>  <path>" or "<hexadecimal>  <path>"');
  const [, named = type, value = '', rest = ''] = match;
  const path = rest.replace(/^(?:\.\/+)+/, '');
  checkExpected(path, { type: named, value });
  return { path, expected: { type: named.toLowerCase(), value: value.toLowerCase() } };
}

/** @throws {Error} that says what is wrong with an entry */
export function checkExpected(path: string, { type, value, size }: ExpectedFile): void {
  const problem = nameProblem(path, { maxComponentBytes: MAX_DISK_COMPONENT_BYTES });
  if (problem !== undefined) throw new Error(problem);
  if (!/^[0-9A-Fa-f]+$/.test(value))
    throw new Error(`its checksum ${JSON.stringify(value)} is not hexadecimal`);
  const digits = KNOWN[type.toLowerCase()]?.digits;
  // Leading zeros may be missing; see checksum.ts.
  if (digits !== undefined && (value.length > digits || (digits > 8 && value.length < digits)))
    throw new Error(`its checksum has ${value.length} hexadecimal digits, ${type} has ${digits}`);
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0))
    throw new Error(`its size ${size} is no number of bytes`);
}

export type ListedVerdict =
  | { verdict: 'verified' }
  | { verdict: 'absent' | 'conflict' | 'unknown'; reason: string }
  /** Ask the server for the checksum of this type, and judge again. */
  | { ask: 'checksum' };

/** Pure. The answer to `ask` always leads to a verdict. */
export function judgeListed(
  expected: ExpectedFile,
  remote: RemoteFile | null,
  theirs: Checksum | undefined,
): ListedVerdict {
  if (remote === null) return { verdict: 'absent', reason: 'the server has no such file' };
  if (remote.kind !== 'file')
    return {
      verdict: 'conflict',
      reason: `no regular file, but a ${remote.kind}, stands at its remote path`,
    };
  if (expected.size !== undefined && expected.size !== remote.size)
    return conflict(`the remote file has ${remote.size} bytes, ${expected.size} are expected`);
  // Some servers have no checksum for a file without bytes.
  const empty = KNOWN[expected.type.toLowerCase()]?.empty;
  const found = remote.size === 0 && empty !== undefined ? { type: expected.type, value: empty } : theirs;
  if (found === undefined) return { ask: 'checksum' };
  if (sameChecksum(expected, found)) return { verdict: 'verified' };
  if (expected.type.toLowerCase() !== found.type.toLowerCase())
    return {
      verdict: 'unknown',
      reason: `asked for ${expected.type}, the server answered with ${found.type}`,
    };
  return conflict(`the remote file has ${checksumText(found)}, ${checksumText(expected)} is expected`);
}

function conflict(reason: string): ListedVerdict {
  return { verdict: 'conflict', reason };
}
