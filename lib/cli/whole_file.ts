/** Files that commands write where they are told to: nobody sees half of one, and one that was there outlives a failure. */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import * as fs from 'node:fs/promises';

type Text = Iterable<string> | AsyncIterable<string>;

/**
 * Replaces a regular file, that of a link too, when the new one is whole; it keeps mode and owner. A pipe or a device is written to.
 * @throws system errors; what the text throws
 */
export async function writeWhole(file: string, text: Text): Promise<void> {
  const before = await fs.stat(file).catch(() => undefined);
  if (before !== undefined && !before.isFile()) {
    await fs.writeFile(file, text);
    return;
  }
  const place = before === undefined ? file : await fs.realpath(file);
  const temporary = `${place}.${randomBytes(6).toString('hex')}.part`;
  const handle = await fs.open(temporary, 'wx', 0o666);
  try {
    try {
      if (before !== undefined) await likeBefore(handle, before);
      await fs.writeFile(handle, text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, place);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/** @throws EEXIST, and other system errors: then no piece of it stays */
export async function writeNew(file: string, text: string): Promise<void> {
  const handle = await fs.open(file, 'wx');
  try {
    await handle.writeFile(text);
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    await fs.rm(file, { force: true });
    throw error;
  }
}

async function likeBefore(handle: fs.FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  // Only root may give it to another user.
  await handle.chown(uid, gid).catch(() => undefined);
  await handle.chmod(mode & 0o777);
}
