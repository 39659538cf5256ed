/** All directories below a cache's root, and what is mounted there. */
import { lstat, opendir, readFile } from 'node:fs/promises';
import { ownFile } from './own_files.js';
import type { CacheDirectory } from './directory.js';

export interface DirectoryBelow {
  /** Absolute. */
  path: string;
  ino: bigint;
}

/** Links aren't followed. What can't be read is left out: nothing is removed from it either. */
export async function* directoriesBelow(
  { real }: Pick<CacheDirectory, 'real'>,
  signal: AbortSignal,
): AsyncGenerator<DirectoryBelow, void, undefined> {
  signal.throwIfAborted();
  const below: string[] = [];
  try {
    for await (const entry of await opendir(real, { bufferSize: 512 }))
      if (entry.isDirectory() && ownFile(entry.name) === undefined)
        below.push(`${real === '/' ? '' : real}/${entry.name}`);
  } catch {
    return;
  }
  for (const path of below) {
    const stats = await lstat(path, { bigint: true }).catch(() => undefined);
    if (stats?.isDirectory() !== true) continue;
    yield { path, ino: stats.ino };
    yield* directoriesBelow({ real: path }, signal);
  }
}

/** Linux only: where there is no list of mounts, none are told. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((mount) => mount.startsWith(`${directory === '/' ? '' : directory}/`) && mount !== '/');
}

/** Blanks and the like are octal there: `\040`. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
