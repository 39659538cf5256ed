/** A small disk under a directory, which is full, out of inodes or read-only for a while. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillBlocks, fillInodes, freeInode } from './small_disk.js';

export type DiskFault = 'full' | 'nearly full' | 'no inodes' | 'read-only';

/** `nearly full`: blocks of 4 KiB that are left; enough to begin with something. */
const NEARLY = 4;

export class FailingDisk implements Disposable {
  readonly directory: string;
  /** The whole disk: what fills it lies beside what the directory shows. */
  readonly #whole: string;

  #made = false;

  private constructor(directory: string, whole: string) {
    this.directory = directory;
    this.#whole = whole;
  }

  /**
   * Puts a new disk under an empty directory, with its mode. Undefined where nothing can be mounted: that needs root.
   * @param options of a tmpfs
   */
  static under(directory: string, options = 'size=32m,nr_inodes=2000'): FailingDisk | undefined {
    const whole = mkdtempSync(join(tmpdir(), 'failing-disk-'));
    const { mode } = statSync(directory);
    if (!mounted('-t', 'tmpfs', '-o', `${options},mode=755`, 'tmpfs', whole)) {
      rmSync(whole, { recursive: true });
      return undefined;
    }
    const root = join(whole, 'root');
    mkdirSync(root);
    chmodSync(root, mode & 0o7777);
    const disk = new FailingDisk(directory, whole);
    if (mounted('--bind', root, directory)) return disk;
    unmount(whole);
    return undefined;
  }

  /** In a directory of its own, which goes with it. */
  static made(options?: string): FailingDisk | undefined {
    const directory = mkdtempSync(join(tmpdir(), 'on-failing-disk-'));
    chmodSync(directory, 0o755);
    const disk = FailingDisk.under(directory, options);
    if (disk === undefined) rmSync(directory, { recursive: true });
    else disk.#made = true;
    return disk;
  }

  fail(fault: DiskFault): void {
    switch (fault) {
      case 'full':
        fillBlocks(this.#whole);
        return;
      case 'nearly full': {
        fillBlocks(this.#whole);
        execFileSync('truncate', ['-s', `-${NEARLY * 4096}`, join(this.#whole, 'filler')]);
        return;
      }
      case 'no inodes':
        fillInodes(this.#whole);
        return;
      case 'read-only':
        // Refused while somebody has a file open for writing there.
        mounted('-o', 'remount,bind,ro', this.directory);
    }
  }

  /** One inode more. */
  freeInode(): void {
    freeInode(this.#whole);
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#whole);
    return bavail * bsize;
  }

  /** It is a good disk again; what was written stays. */
  mend(): void {
    execFileSync('mount', ['-o', 'remount,bind,rw', this.directory]);
    for (const name of readdirSync(this.#whole))
      if (name.startsWith('filler')) rmSync(join(this.#whole, name));
  }

  [Symbol.dispose](): void {
    unmount(this.directory);
    unmount(this.#whole);
    for (const each of [this.#whole, ...(this.#made ? [this.directory] : [])])
      rmSync(each, { recursive: true, force: true });
  }
}

/**
 * Nobody may change the directory or the file, not even root: names in it stay, and are neither added nor removed.
 * Returns what takes it back, or undefined where that can't be had (not root, or a file system without such marks).
 */
export function unchangeable(path: string): (() => void) | undefined {
  try {
    execFileSync('chattr', ['+i', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return () => {
    execFileSync('chattr', ['-i', path]);
  };
}

function mounted(...words: string[]): boolean {
  try {
    execFileSync('mount', words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function unmount(directory: string): void {
  // What is still open there must not keep a test from its end.
  execFileSync('umount', ['-l', directory]);
}
