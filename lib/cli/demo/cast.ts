/** The record that the demonstration follows: the largest, with a second copy of its bytes to compare with. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { filesIn } from './folder.js';

export interface Hero {
  /** Relative to the cache. */
  record: string;
  size: number;
  /** Kept away from the archive: in memory, or the given folder's own file. */
  original: Uint8Array | string;
}

/** Of made records the bytes are held in memory (200 MB); of a given folder the file there is the original. */
export async function chooseHero(cache: string, folder?: string): Promise<Hero | undefined> {
  let largest: { record: string; size: number } | undefined;
  for await (const record of filesIn(cache)) {
    const { size } = await stat(path.join(cache, record));
    if (largest === undefined || size > largest.size) largest = { record, size };
  }
  if (largest === undefined) return undefined;
  const { record } = largest;
  return {
    ...largest,
    original: folder === undefined ? await readFile(path.join(cache, record)) : path.join(folder, record),
  };
}
