/**
 * Room on the catalogue's disk, held by two files beside it. When the disk is full they are given up, so that rows can be written, and
 * records removed after all: the cache of an archive is often on that disk. Two files, since SQLite needs two inodes for its log.
 */
import * as fs from 'node:fs';
import { dirname } from 'node:path';

const SUFFIXES = ['.reserve-1', '.reserve-2'];
/** More than the log grows before SQLite writes it into the file and begins it anew; both files together: and than the file grows by it. */
const BYTES = 6 * 2 ** 20;
/** Written at once. */
const PIECE_BYTES = 2 ** 18;
/** On a disk with less room than this nothing is held. */
const NEEDED = 8 * BYTES;

/** Makes what is missing, if the disk has plenty of room. Never fails: without it a full disk stops removals. */
export function holdReserve(file: string): void {
  for (const name of SUFFIXES.map((suffix) => file + suffix))
    try {
      const held = fs.lstatSync(name, { throwIfNoEntry: false });
      if (held?.isFile() === true && held.size === BYTES) continue;
      const { bavail, bsize } = fs.statfsSync(dirname(file));
      if (bavail * bsize < NEEDED) return;
      writeZeros(name);
    } catch {
      // Half a file would only take room.
      fs.rmSync(name, { force: true });
      return;
    }
}

/** Never through a link that somebody has put there (S8). */
function writeZeros(name: string): void {
  fs.rmSync(name, { force: true });
  const piece = Buffer.alloc(PIECE_BYTES);
  const fd = fs.openSync(name, 'wx', 0o600);
  try {
    for (let at = 0; at < BYTES; at += PIECE_BYTES) fs.writeSync(fd, piece);
  } finally {
    fs.closeSync(fd);
  }
}

/** @returns was there anything to give up? */
export function releaseReserve(file: string): boolean {
  const held = SUFFIXES.map((suffix) => file + suffix).filter((name) => fs.existsSync(name));
  try {
    for (const name of held) fs.rmSync(name, { force: true });
  } catch {
    // A read-only file system: what failed before says so better.
    return false;
  }
  return held.length > 0;
}

/** Nothing is held, and less is left than would be. */
export function isShort(file: string): boolean {
  if (SUFFIXES.some((suffix) => fs.existsSync(file + suffix))) return false;
  const { bavail, bsize } = fs.statfsSync(dirname(file));
  return bavail * bsize < SUFFIXES.length * BYTES;
}
