/** All directories of a cache, and whether another machine's server may see them. */
import { lstat, opendir, readFile, stat } from 'node:fs/promises';
import type { CacheDirectory } from './directory.js';
import { ownFile } from './own_files.js';

export interface DirectoryBelow {
  /** Absolute. */
  path: string;
  ino: bigint;
}

/** The root and all below it. Links aren't followed. What can't be read is left out: nothing is removed from it either. */
export async function* directoriesFrom(
  { real }: Pick<CacheDirectory, 'real'>,
  signal: AbortSignal,
): AsyncGenerator<DirectoryBelow, void, undefined> {
  signal.throwIfAborted();
  const stats = await lstat(real, { bigint: true }).catch(() => undefined);
  if (stats?.isDirectory() !== true) return;
  yield { path: real, ino: stats.ino };
  const below: string[] = [];
  try {
    for await (const entry of await opendir(real, { bufferSize: 512 }))
      if (entry.isDirectory() && ownFile(entry.name) === undefined)
        below.push(`${real === '/' ? '' : real}/${entry.name}`);
  } catch {
    return;
  }
  for (const path of below) yield* directoriesFrom({ real: path }, signal);
}

/**
 * May a server on another machine have the directory's files on its disk? So it may where a network file system is mounted, on
 * the directory or below it. Where the system has no list of mounts (not Linux), anything may be.
 */
export async function mayBeElsewhere(directory: string): Promise<boolean> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  if (table === undefined) return true;
  const { dev } = await stat(directory, { bigint: true });
  // A file system without a disk of its own has the major number 0: of the network, or btrfs, or in memory.
  if (majorOf(dev) === 0n) return true;
  const below = directory === '/' ? '/' : `${directory}/`;
  return table
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .some((mount) => mount.startsWith(below) && mount !== '/');
}

/** As glibc's gnu_dev_major. */
function majorOf(dev: bigint): bigint {
  return ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
}

/** Blanks and the like are octal there: `\040`. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
