/** What came back, compared byte by byte with what was put in. */
import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { filesIn } from './folder.js';

const chunk = 4 * 2 ** 20;

export interface Comparison {
  files: number;
  bytes: number;
  /** The first file that isn't the same, and why; undefined: every byte is as it was. */
  difference: string | undefined;
  /** Relative, of those that are the same. */
  largest: string | undefined;
}

/** All files below `original` must be below `copy`, and nothing else but our own. `tell` is called after each. */
export async function compareTrees(
  original: string,
  copy: string,
  tell: (done: { files: number; bytes: number }) => void,
  signal: AbortSignal,
): Promise<Comparison> {
  const found: Comparison = { files: 0, bytes: 0, difference: undefined, largest: undefined };
  let most = -1;
  const seen = new Set<string>();
  for await (const file of filesIn(original)) {
    signal.throwIfAborted();
    const compared = await compareFiles(path.join(original, file), path.join(copy, file));
    if (typeof compared === 'string') return { ...found, difference: `${file} ${compared}` };
    seen.add(file);
    found.files++;
    found.bytes += compared;
    if (compared > most) [most, found.largest] = [compared, file];
    tell(found);
  }
  for await (const file of filesIn(copy)) {
    // Ours, not a record: the lock.
    const ours = path.basename(file).startsWith('.xrootd-archive.');
    if (!ours && !seen.has(file)) return { ...found, difference: `${file} was never put in` };
  }
  return found;
}

/** Resolves with the size, or with what is wrong. */
async function compareFiles(original: string, copy: string): Promise<number | string> {
  const there = await stat(copy).catch(() => undefined);
  if (there === undefined) return 'did not come back';
  await using first = await open(original);
  await using second = await open(copy);
  const [one, two] = [Buffer.allocUnsafe(chunk), Buffer.allocUnsafe(chunk)];
  for (let position = 0; ; position += chunk) {
    const a = await readFull(first, one, position);
    const b = await readFull(second, two, position);
    if (!a.equals(b)) return `differs between bytes ${position} and ${position + chunk}`;
    if (a.length < chunk) return position + a.length;
  }
}

/** Less than a chunk only at the end. */
async function readFull(from: FileHandle, into: Buffer, position: number): Promise<Buffer> {
  let length = 0;
  while (length < into.length) {
    const { bytesRead } = await from.read(into, length, into.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return into.subarray(0, length);
}
