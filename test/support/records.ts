/** Records with bytes that can be made again from their name: nothing has to be kept to compare with. */
import { createHash } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A block of pseudo-random bytes of its own for each name. */
function blockOf(name: string): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i < 1024; i += 1) blocks.push(createHash('sha512').update(`${name} ${i}`).digest());
  return Buffer.concat(blocks);
}

/** The bytes of a record: a block, repeated. */
export function bytesOf(name: string, size: number): Buffer {
  return Buffer.alloc(size, blockOf(name));
}

export async function writeRecord(cache: string, name: string, size: number): Promise<void> {
  const path = join(cache, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytesOf(name, size));
}

/** Does the file at `path` have exactly the bytes of the record? */
export async function holdsRecord(path: string, name: string, size: number): Promise<boolean> {
  const block = blockOf(name);
  const handle = await open(path);
  try {
    if ((await handle.stat()).size !== size) return false;
    const piece = Buffer.alloc(block.length * 64);
    const expected = Buffer.alloc(piece.length, block);
    for (let at = 0; at < size;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0 || !piece.subarray(0, bytesRead).equals(expected.subarray(0, bytesRead)))
        return false;
      // Pieces begin at multiples of the block, as long as reads are full.
      if (bytesRead < piece.length && at + bytesRead < size) return false;
      at += bytesRead;
    }
    return true;
  } finally {
    await handle.close();
  }
}
