/**
 * How our small files in the root of a cache or of a restore are read and written: never through a link that somebody has put
 * there (S8), never waiting for a pipe, and readable by nobody else.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { errnoCode } from './errors.js';

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
const SAFELY = O_NOFOLLOW | O_NONBLOCK;

/** Undefined if there is none. @throws system errors; ELOOP for a link */
export async function readStateFile(file: string): Promise<Buffer | undefined> {
  try {
    return await withRegular(file, O_RDONLY | SAFELY, (handle) => handle.readFile());
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Resolves when the text is on the disk. */
export async function appendToStateFile(file: string, text: string): Promise<void> {
  await withRegular(file, O_WRONLY | O_APPEND | O_CREAT | SAFELY, async (handle) => {
    await handle.appendFile(text);
    await handle.sync();
  });
}

/** All of it, or none. */
export async function replaceStateFile(file: string, content: string | Uint8Array[]): Promise<void> {
  const temporary = `${file}.new`;
  try {
    await fs.rm(temporary, { force: true });
    await fs.writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
    await fs.rename(temporary, file);
  } catch (error) {
    // Half a file would only take room on a full disk.
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

async function withRegular<T>(
  file: string,
  flags: number,
  use: (handle: fs.FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await fs.open(file, flags, 0o600);
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`${file} is no regular file`);
    return await use(handle);
  } finally {
    await handle.close();
  }
}
