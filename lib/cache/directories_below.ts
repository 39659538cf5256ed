/** All directories of a cache. */
import { lstat, opendir } from 'node:fs/promises';
import type { CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import { ownFile } from './own_files.js';

export interface DirectoryBelow {
  /** Absolute. */
  path: string;
  ino: bigint;
}

/**
 * The root and all below it. Links aren't followed. Directories that may not be read are left out: nothing is removed from
 * them either.
 * @throws the signal's reason; system errors
 */
export async function* directoriesFrom(
  { real }: Pick<CacheDirectory, 'real'>,
  signal: AbortSignal,
): AsyncGenerator<DirectoryBelow, void, undefined> {
  signal.throwIfAborted();
  const below: string[] = [];
  try {
    const stats = await lstat(real, { bigint: true });
    if (!stats.isDirectory()) return;
    yield { path: real, ino: stats.ino };
    for await (const entry of await opendir(real, { bufferSize: 512 }))
      if (entry.isDirectory() && ownFile(entry.name) === undefined)
        below.push(`${real === '/' ? '' : real}/${entry.name}`);
  } catch (error) {
    if (!OUT_OF_REACH.has(errnoCode(error) ?? '')) throw error;
  }
  for (const path of below) yield* directoriesFrom({ real: path }, signal);
}

const OUT_OF_REACH = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR']);
