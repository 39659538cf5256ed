/** A file system of its own, so small that it can be filled. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { withTemp } from './temporary.js';

/**
 * Runs with an empty tmpfs; skips the test where none can be mounted (that needs root).
 * @param options of the mount: `size=1m`, `nr_inodes=20`
 */
export function withSmallDisk(
  test: Mocha.Context,
  options: string,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  return withMounted(test, ['-t', 'tmpfs', '-o', options, 'tmpfs'], use);
}

/** The same with any file system, by the arguments of mount(8). */
export async function withMounted(
  test: Mocha.Context,
  mount: readonly string[],
  use: (directory: string) => Promise<void>,
): Promise<void> {
  await withTemp(async (directory) => {
    try {
      execFileSync('mount', [...mount, directory], { stdio: 'ignore' });
    } catch {
      test.skip();
    }
    try {
      await use(directory);
    } finally {
      // What a test that fails has left open must not hide why it did.
      execFileSync('umount', ['-l', directory]);
    }
  });
}

/** Writes until no block is left. */
export function fillBlocks(directory: string, name = 'filler'): void {
  const fd = openSync(join(directory, name), 'a');
  try {
    for (const bytes of [64 * 1024, 4096, 1]) untilFull(() => writeSync(fd, Buffer.alloc(bytes, 'x')));
  } finally {
    closeSync(fd);
  }
}

/** Makes empty files until no inode is left. */
export function fillInodes(directory: string): void {
  let count = 0;
  untilFull(() => {
    writeFileSync(join(directory, `filler-${count}`), '');
    count += 1;
  });
}

/** Gives one inode back that `fillInodes` took. */
export function freeInode(directory: string): void {
  const filler = readdirSync(directory).find((name) => name.startsWith('filler-')) ?? '';
  unlinkSync(join(directory, filler));
}

function untilFull(write: () => void): void {
  for (;;) {
    try {
      write();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}
