/** A folder that the demonstration was given: measured and copied, never changed. */
import { constants } from 'node:fs';
import { copyFile, mkdir, opendir, stat, utimes } from 'node:fs/promises';
import path from 'node:path';

export async function folderSize(folder: string): Promise<{ total: number; largest: number }> {
  let total = 0;
  let largest = 0;
  for await (const file of filesIn(folder)) {
    const { size } = await stat(path.join(folder, file));
    total += size;
    largest = Math.max(largest, size);
  }
  return { total, largest };
}

/** Copies all regular files; links and devices are left out, as an archive does. Returns how many. */
export async function copyFolder(folder: string, target: string, signal: AbortSignal): Promise<number> {
  let files = 0;
  for await (const file of filesIn(folder)) {
    signal.throwIfAborted();
    const [from, to] = [path.join(folder, file), path.join(target, file)];
    await mkdir(path.dirname(to), { recursive: true });
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const { atime, mtime } = await stat(from);
    await utimes(to, atime, mtime);
    files++;
  }
  return files;
}

/** Regular files below a folder, relative to it. */
export async function* filesIn(folder: string, below = ''): AsyncGenerator<string> {
  for await (const entry of await opendir(path.join(folder, below))) {
    const file = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(folder, file);
    else if (entry.isFile()) yield file;
  }
}
