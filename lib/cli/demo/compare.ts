/** Two copies of a record, compared byte by byte. */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

const chunk = 4 * 2 ** 20;

export interface Comparison {
  bytes: number;
  equal: boolean;
  /** Offset of the first byte that differs. */
  firstDifference?: number;
  /** Of the first file, hexadecimal. */
  sha256: string;
}

/** @param original the bytes themselves, or a file with them */
export async function compareBytes(original: Uint8Array | string, file: string): Promise<Comparison> {
  await using second = await open(file);
  const first = typeof original === 'string' ? await open(original) : original;
  try {
    return await compare(first, second);
  } finally {
    if (!(first instanceof Uint8Array)) await first.close();
  }
}

async function compare(first: Uint8Array | FileHandle, second: FileHandle): Promise<Comparison> {
  const hash = createHash('sha256');
  const [one, two] = [Buffer.allocUnsafe(chunk), Buffer.allocUnsafe(chunk)];
  let firstDifference: number | undefined;
  for (let position = 0; ;) {
    const a = await readFull(first, one, position);
    const b = await readFull(second, two, position);
    hash.update(a);
    if (firstDifference === undefined && !a.equals(b)) firstDifference = position + differenceOf(a, b);
    position += a.length;
    if (a.length < chunk && b.length < chunk) {
      const difference = firstDifference === undefined ? {} : { firstDifference };
      return {
        bytes: position,
        equal: firstDifference === undefined,
        ...difference,
        sha256: hash.digest('hex'),
      };
    }
  }
}

function differenceOf(a: Buffer, b: Buffer): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) if (a[index] !== b[index]) return index;
  return shorter;
}

/** Less than a chunk only at the end. */
async function readFull(from: Uint8Array | FileHandle, into: Buffer, position: number): Promise<Buffer> {
  if (from instanceof Uint8Array) {
    return Buffer.from(from.buffer, from.byteOffset, from.byteLength).subarray(position, position + chunk);
  }
  let length = 0;
  while (length < into.length) {
    const { bytesRead } = await from.read(into, length, into.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return into.subarray(0, length);
}
