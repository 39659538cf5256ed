/** Which files a catalogue has: each shard of a pass writes one of its own. */
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Shard } from '../rules/sharding.js';
import { comparePaths } from './path_order.js';

/** Of every file that is there; undefined: the one without a shard. It comes first. @param file without a shard */
export async function shardsBeside(file: string): Promise<(Shard | undefined)[]> {
  let names: string[];
  try {
    names = await readdir(dirname(file));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
  const own = basename(file);
  return names.sort(comparePaths).flatMap((name) => {
    if (name === own) return [undefined];
    const found = name.startsWith(`${own}.`) && /^(\d+)-of-(\d+)$/.exec(name.slice(own.length + 1));
    return found ? [{ index: Number(found[1]), count: Number(found[2]) }] : [];
  });
}
