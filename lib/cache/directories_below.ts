/** All directories of a cache. */
import { lstat, opendir } from 'node:fs/promises';
import { errnoCode } from './errors.js';
import { ownFile } from './own_files.js';

export interface DirectoryBelow {
  /** Absolute, a character for each byte: no name is left out because it isn't UTF-8. */
  path: string;
  ino: bigint;
}

export interface Root {
  /** Absolute. */
  real: string;
  /** For calls that take a path: a shorter one, if there is one. */
  access?: string;
}

/**
 * The root and all below it. Links aren't followed. Directories that may not be read are left out, and those whose path below the
 * root is too long for system calls: nothing is removed from them either.
 * @throws the signal's reason; system errors
 */
export async function* directoriesFrom(
  { real, access = real }: Root,
  signal: AbortSignal,
): AsyncGenerator<DirectoryBelow, void, undefined> {
  yield* directoriesOf({ real: bytesOf(real), access: bytesOf(access) }, '', signal);
}

/** @param below the path from the root to this directory, with a slash in front; empty for the root */
async function* directoriesOf(
  root: Required<Root>,
  below: string,
  signal: AbortSignal,
): AsyncGenerator<DirectoryBelow, void, undefined> {
  signal.throwIfAborted();
  const children: string[] = [];
  try {
    // The root's own way in can be a link: the slash leads through it.
    const at = Buffer.from(`${root.access}${below === '' ? '/' : below}`, 'latin1');
    const stats = await lstat(at, { bigint: true });
    if (!stats.isDirectory()) return;
    yield { path: root.real === '/' && below !== '' ? below : root.real + below, ino: stats.ino };
    for await (const entry of await opendir(at, { bufferSize: 512, encoding: 'latin1' as BufferEncoding }))
      if (entry.isDirectory() && ownFile(entry.name) === undefined) children.push(`${below}/${entry.name}`);
  } catch (error) {
    const code = errnoCode(error) ?? '';
    if (!OUT_OF_REACH.has(code) && !(code === 'ENAMETOOLONG' && below !== '')) throw error;
  }
  for (const child of children) yield* directoriesOf(root, child, signal);
}

const OUT_OF_REACH = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR']);

function bytesOf(path: string): string {
  return Buffer.from(path).toString('latin1');
}
