/** A folder that the demonstration was given: measured and copied, never changed. */
import { constants } from 'node:fs';
import { copyFile, mkdir, opendir, stat, utimes } from 'node:fs/promises';
import path from 'node:path';

/** Bytes. */
export async function folderSize(folder: string): Promise<number> {
  let total = 0;
  for await (const file of filesIn(folder)) total += (await stat(path.join(folder, file))).size;
  return total;
}

/** Copies all regular files; links and devices are left out, as an archive does. Returns what it copied. */
export async function copyFolder(
  folder: string,
  target: string,
  signal: AbortSignal,
): Promise<{ files: number; bytes: number }> {
  const copied = { files: 0, bytes: 0 };
  for await (const file of filesIn(folder)) {
    signal.throwIfAborted();
    const [from, to] = [path.join(folder, file), path.join(target, file)];
    await mkdir(path.dirname(to), { recursive: true });
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const { atime, mtime, size } = await stat(from);
    await utimes(to, atime, mtime);
    copied.files++;
    copied.bytes += size;
  }
  return copied;
}

/** Regular files below a folder, relative to it. */
export async function* filesIn(folder: string, below = ''): AsyncGenerator<string> {
  for await (const entry of await opendir(path.join(folder, below))) {
    const file = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(folder, file);
    else if (entry.isFile()) yield file;
  }
}
