import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { chmod, copyFile, open, opendir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Layout } from './layout.js';
import { makeTapeDirectory } from './layout.js';

/** The bit that marks a tape copy as the only one (native/sandbox/tape_namespace.h); on disk: POSC pending. */
const stickyBit = 0o1000;
/** Beside it: the disk file is being emptied or filled, or was, so that its size and time are the tape copy's. */
const stubBit = 0o100;
const timeTolerance = 100_000n; // ns, as in tape_namespace.cc
const chunkBytes = 8 * 1024 * 1024;

/** A file as disk and tape have it. */
export interface StoredFile {
  size: number;
  /** Bytes that the disk buffer holds of it. */
  held: number;
  mtime: Date;
  /** An identical copy is on tape. */
  onTape: boolean;
  /** Evicted: its bytes are on tape only. */
  offline: boolean;
  /** Not committed by its writer yet (persist on successful close). */
  pending: boolean;
}

/** What became of an eviction. What stays isn't on tape as it is, is offline already, or is empty. */
export type Eviction = 'evicted' | 'in use' | 'stays';

/**
 * Files on the disk buffer and on tape, and the three ways between. Paths are the server's. The caller sees to it that
 * only one of them works on a file at a time.
 */
export class TapeStore {
  readonly #layout: Pick<Layout, 'disk' | 'tape' | 'incoming'>;
  #serial = 0;

  constructor(layout: Pick<Layout, 'disk' | 'tape' | 'incoming'>) {
    this.#layout = layout;
  }

  diskPath(path: string): string {
    return join(this.#layout.disk, path);
  }

  tapePath(path: string): string {
    return join(this.#layout.tape, path);
  }

  /** Undefined when there is no such file; directories aren't files. */
  async look(path: string): Promise<StoredFile | undefined> {
    const [disk, tape] = await Promise.all([statOf(this.diskPath(path)), statOf(this.tapePath(path))]);
    if (disk === undefined || !disk.isFile()) return undefined;
    const copy = tape?.isFile() === true ? tape : undefined;
    const offline = copy !== undefined && isSticky(copy);
    const shown = copy !== undefined && has(copy, stubBit) ? copy : disk;
    const size = Number(shown.size);
    return {
      size,
      held: offline ? 0 : size,
      mtime: shown.mtime,
      onTape: copy !== undefined && same(shown, copy),
      offline,
      pending: isSticky(disk),
    };
  }

  /** All files below a directory. */
  async *walk(path: string): AsyncGenerator<string> {
    const directory = await opendir(this.diskPath(path)).catch(() => undefined);
    if (directory === undefined) return;
    for await (const entry of directory) {
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) yield* this.walk(child);
      else if (entry.isFile()) yield child;
    }
  }

  /** Copies a closed file to tape. False when it changed, vanished, or isn't closed: then tape is as before. */
  async writeToTape(path: string, isOpen: () => Promise<boolean>): Promise<boolean> {
    const source = this.diskPath(path);
    const target = this.tapePath(path);
    const before = await statOf(source);
    if (before === undefined || !before.isFile() || isSticky(before)) return false;
    const incoming = join(this.#layout.incoming, String(++this.#serial));
    let moved = false;
    try {
      await copyFile(source, incoming, constants.COPYFILE_FICLONE);
      await chmod(incoming, 0o644);
      await setTime(incoming, before);
      const after = await statOf(source);
      if (after === undefined || after.ino !== before.ino || !same(before, after) || (await isOpen()))
        return false;
      if (!(await renamed(incoming, target))) {
        makeTapeDirectory(dirname(target));
        await rename(incoming, target);
      }
      moved = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    } finally {
      if (!moved) await rm(incoming, { force: true });
    }
    // The server removes the tape copy of what it removes; it can't have known of this one.
    if ((await statOf(source)) !== undefined) return true;
    await rm(target, { force: true });
    return false;
  }

  /**
   * Leaves a stub on disk: same inode, size and time, so that the server's cached checksums stay valid, but sparse.
   * The file must be closed.
   */
  async evict(path: string, isOpen: () => Promise<boolean>): Promise<Eviction> {
    const state = await this.look(path);
    if (state === undefined || !state.onTape || state.offline || state.pending) return 'stays';
    // One that is read all the time is never told to be offline, not even for a moment.
    if (await isOpen()) return 'in use';
    const tape = this.tapePath(path);
    // From here on the server opens it for nobody; whoever has opened it since is seen below.
    await chmod(tape, 0o644 | stickyBit);
    const now = await this.look(path);
    if (now === undefined || !now.onTape || (await isOpen())) {
      await chmod(tape, 0o644);
      return 'in use';
    }
    // Nobody shall see it while it is empty.
    await chmod(tape, 0o644 | stickyBit | stubBit);
    const file = await open(this.diskPath(path), 'r+');
    try {
      const before = await file.stat({ bigint: true });
      await file.truncate(0);
      await file.truncate(state.size);
      await file.utimes(...times(before));
    } finally {
      await file.close();
    }
    return 'evicted';
  }

  /** Fills a stub with its bytes. False when it is none, or was replaced meanwhile. */
  async recall(path: string): Promise<boolean> {
    const state = await this.look(path);
    if (state?.offline !== true) return false;
    const tape = await open(this.tapePath(path), 'r');
    try {
      const source = await tape.stat({ bigint: true });
      const target = await open(this.diskPath(path), 'r+');
      try {
        await copyInto(tape, target, Number(source.size));
        await target.utimes(...times(source));
      } finally {
        await target.close();
      }
      // A client that overwrites or removes the file takes it off the tape first.
      if ((await tape.stat()).nlink === 0) return false;
      await chmod(this.tapePath(path), 0o644);
      return true;
    } finally {
      await tape.close();
    }
  }

  /**
   * Changes one byte of a copy, keeping size and time. The disk file becomes a new inode, without the checksums that
   * the server cached, unless `inPlace`.
   */
  async corrupt(copy: string, offset: number, inPlace: boolean): Promise<void> {
    const before = await stat(copy, { bigint: true });
    const changed = inPlace ? copy : join(this.#layout.incoming, String(++this.#serial));
    if (!inPlace) await copyFile(copy, changed, constants.COPYFILE_FICLONE);
    const file = await open(changed, 'r+');
    try {
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, offset);
      byte.writeUInt8(byte.readUInt8() ^ 0xff);
      await file.write(byte, 0, 1, offset);
      await file.utimes(...times(before));
      if (!inPlace) {
        if (process.getuid?.() === 0) await file.chown(Number(before.uid), Number(before.gid));
        await file.chmod(Number(before.mode) & 0o7777);
      }
    } finally {
      await file.close();
    }
    if (!inPlace) await rename(changed, copy);
  }
}

async function copyInto(source: FileHandle, target: FileHandle, size: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(size, chunkBytes));
  for (let position = 0; ;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    for (let written = 0; written < bytesRead;) {
      const result = await target.write(buffer, written, bytesRead - written, position + written);
      written += result.bytesWritten;
    }
    position += bytesRead;
  }
}

/** False when the target's directory isn't there. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function statOf(file: string): Promise<BigIntStats | undefined> {
  return stat(file, { bigint: true }).catch(() => undefined);
}

function same(a: BigIntStats, b: BigIntStats): boolean {
  const difference = a.mtimeNs - b.mtimeNs;
  return a.size === b.size && difference < timeTolerance && difference > -timeTolerance;
}

function isSticky(info: BigIntStats): boolean {
  return has(info, stickyBit);
}

function has(info: BigIntStats, bit: number): boolean {
  return (Number(info.mode) & bit) !== 0;
}

/** As seconds for utimes: never rounded up into the next second, which would make a cached checksum stale. */
function times(info: BigIntStats): [number | Date, number | Date] {
  if (info.mtimeNs < 0n) {
    // utimes() takes a negative number for the time now.
    const time = new Date(Math.floor(Number(info.mtimeNs) / 1e6));
    return [time, time];
  }
  const seconds = Number(info.mtimeNs / 1_000_000_000n);
  const fraction = Math.min(Number(info.mtimeNs % 1_000_000_000n) / 1e9, 0.999_999);
  return [seconds + fraction, seconds + fraction];
}

async function setTime(file: string, info: BigIntStats): Promise<void> {
  await utimes(file, ...times(info));
}
