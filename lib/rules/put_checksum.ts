/**
 * The checksum that put() keeps with a record: of the bytes that were handed over, before any disk had them. Who reads other bytes
 * from the file later, though nobody has changed it since, has read a damaged record.
 */
import { checksumText, type Checksum } from './checksum.js';
import type { LocalType } from './comparison.js';
import type { Identity } from './identity.js';

/** The extended attribute; native/posix/kept_checksum.cc sets it. */
export const PUT_ATTRIBUTE = 'user.xrootd-archive.checksum';

export interface PutChecksum extends Checksum {
  readonly type: LocalType;
}

/** A checksum of the local bytes. `put`: put() had it, and the bytes were seen in this pass to have it still. */
export interface LocalChecksum extends Checksum {
  readonly source: 'put' | 'read';
}

/** What a pass knows of local bytes that it has read: what they were seen to have, and what was put of them, which is the same. */
export function localChecksums(
  read: readonly Checksum[],
  put: readonly Checksum[],
): readonly LocalChecksum[] {
  const found = new Map<string, LocalChecksum>();
  for (const { type, value } of read) found.set(type, { type, value, source: 'read' });
  for (const { type, value } of put) found.set(type, { type, value, source: 'put' });
  return [...found.values()];
}

/** Hexadecimal digits. */
const DIGITS: Record<LocalType, number> = { adler32: 8, crc32c: 8, md5: 32, crc32: 8 };

/**
 * What the attribute says, if it counts. It does only if the file still has the size and the time of change that it had at the end of
 * put(): who writes to the file later, as he may, changes that time. So does `touch`, for somebody who accepts the bytes as they are.
 * @param text the attribute's value; undefined: there is none
 */
export function countedPutChecksum(
  text: string | undefined,
  { size, mtimeNs }: Pick<Identity, 'size' | 'mtimeNs'>,
): PutChecksum | undefined {
  const match = /^v1 ([a-z0-9]+):([0-9a-f]+) ([0-9]{1,20}) (-?[0-9]{1,20})$/.exec(text ?? '');
  if (match === null) return undefined;
  const [, type = '', value = '', keptSize = '', keptTime = ''] = match;
  if (!isLocalType(type) || value.length !== DIGITS[type]) return undefined;
  return BigInt(keptSize) === size && BigInt(keptTime) === mtimeNs ? { type, value } : undefined;
}

/**
 * A checksum as people write it, `type:hex`; leading zeros may be missing.
 * @returns undefined for anything else
 */
export function parsePutChecksum(text: string): PutChecksum | undefined {
  const [, type = '', value = ''] = /^([a-z0-9]+):([0-9a-f]+)$/.exec(text.toLowerCase()) ?? [];
  if (!isLocalType(type) || value.length > DIGITS[type]) return undefined;
  return { type, value: value.padStart(DIGITS[type], '0') };
}

function isLocalType(type: string): type is LocalType {
  return Object.hasOwn(DIGITS, type);
}

/** What the server has of a record that is damaged in the cache. */
export type ServersCopy =
  | { has: 'nothing' }
  /** The bytes that were put, as far as the type of the checksum tells. */
  | { has: 'what was put' }
  | { has: 'other'; reason: string }
  | { has: 'unknown'; reason: string };

/** For an operator: what was found, where the good bytes are, and what to do. */
export function damageText(path: string, put: Checksum, read: Checksum, server: ServersCopy): string {
  const found =
    `damaged in the cache: its bytes have ${checksumText(read)}, but those that were put had ${checksumText(put)}, and its size and time of ` +
    'change are still the same';
  const accept = `To accept the bytes as they are, touch ${path}, or setfattr -x ${PUT_ATTRIBUTE} ${path}`;
  return `${found}. It is neither copied nor removed. ${remedy(server, put)}. ${accept}`;
}

function remedy(server: ServersCopy, put: Checksum): string {
  switch (server.has) {
    case 'nothing':
      return 'The server has no copy of it: put it again (overwrite) from where it came from';
    case 'what was put':
      return `The copy on the server is the good one (it has the ${put.type} of what was put): move the file out of the cache, and restore it from there`;
    case 'other':
      return `The copy on the server isn't what was put either (${server.reason}): put the record again (overwrite) from where it came from, and have that copy removed by who may`;
    case 'unknown':
      return `Whether the server has a good copy is not known (${server.reason}): look there, or put it again (overwrite) from where it came from`;
  }
}
