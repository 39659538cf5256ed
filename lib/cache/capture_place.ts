/**
 * Where a captured record is held until it is removed or put back: in its own directory as `.xrootd-archive.removing.NAME`;
 * or, where that is longer than a name may be, under its own name in a directory made for it, `.xrootd-archive.removing-HASH`.
 * Either way one rename captures it, and its new path still holds its name, so that a crash never loses the name.
 */
import * as fs from 'node:fs/promises';
import { joinPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import { captureDirectoryName, captureName } from './own_files.js';
import { putBack, type PutBackResult } from './put_back.js';

export interface CapturePlace {
  /** The directory that holds the capture. */
  holder: CacheDirectory;
  /** Its name there. */
  capture: string;
  /** Relative to the directory of the record. */
  path: string;
  /** An earlier capture stands there: nothing may be renamed to it. */
  taken: boolean;
  /** Removes the directory that was made for the capture, if it is empty. */
  close(): Promise<void>;
}

/** @throws errors of the file system: ENOSPC where a directory is needed and none can be made */
export async function capturePlace(directory: CacheDirectory, name: string): Promise<CapturePlace> {
  const capture = captureName(name);
  const taken = await isThere(directory, capture);
  if (taken !== 'too long')
    return { holder: directory, capture, path: capture, taken, close: () => Promise.resolve() };
  const own = captureDirectoryName(name);
  await fs.mkdir(directory.entry(own), { mode: 0o700 }).catch((error: unknown) => {
    if (errnoCode(error) !== 'EEXIST') throw error;
  });
  const holder = await directory.openChild(own);
  const close = async () => {
    await holder.close();
    // The next pass looks at a directory that holds a record or can't be removed now.
    await fs.rmdir(directory.entry(own)).catch(() => undefined);
  };
  try {
    const already = (await isThere(holder, name)) === true;
    return { holder, capture: name, path: joinPath(own, name), taken: already, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function isThere(directory: CacheDirectory, name: string): Promise<boolean | 'too long'> {
  try {
    await fs.lstat(directory.entry(name));
    return true;
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return false;
    if (code === 'ENAMETOOLONG') return 'too long';
    throw error;
  }
}

/** Milliseconds. Longer than a process takes from making such a directory to renaming a record into it. */
const IN_USE = 60_000;

/**
 * Puts back what a crash left in a directory of ours, and removes the directory. One that is empty and new may be in use by
 * another shard (`active`).
 * @param own the directory's name
 * @param only is the capture of the record with this path ours to deal with? Others are left alone (`active`)
 * @param now milliseconds since the epoch
 */
export async function emptyCaptureDirectory(
  directory: CacheDirectory,
  own: string,
  only: (path: string) => boolean,
  now: number,
): Promise<PutBackResult | { outcome: 'active' }> {
  let holder: CacheDirectory;
  try {
    holder = await directory.openChild(own);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return { outcome: 'vanished' };
    throw error;
  }
  let result: PutBackResult = { outcome: 'vanished' };
  try {
    const { mtimeMs } = await fs.stat(holder.access);
    const names = await fs.readdir(holder.access);
    if (names.length === 0 && Math.abs(now - mtimeMs) < IN_USE) return { outcome: 'active' };
    for (const name of names) {
      if (!only(joinPath(directory.relative, name))) return { outcome: 'active' };
      const back = await putBack(directory, name, name, holder);
      if (back.outcome === 'displaced') return back;
      if (back.outcome === 'restored') result = back;
    }
  } finally {
    await holder.close();
  }
  await fs.rmdir(directory.entry(own)).catch((error: unknown) => {
    if (errnoCode(error) !== 'ENOENT') throw error;
  });
  return result;
}
