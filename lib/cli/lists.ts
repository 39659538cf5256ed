/** Lists from files or standard input: one entry a line, as it is; no letter is special. */
import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { UsageError } from './usage_error.js';

export type Separator = '\n' | '\0';

/** As a file name: standard input. */
const standardInput = '-';

/**
 * The entries of all files together.
 * @param option that named the files, for messages
 * @throws {UsageError} for a file that can't be read, isn't UTF-8, or holds no entry at all; AbortError
 */
export async function readLists(
  option: string,
  files: readonly string[],
  separator: Separator,
  signal: AbortSignal,
): Promise<string[]> {
  if (files.filter((file) => file === standardInput).length > 1)
    throw new UsageError(`${option} -: standard input can be read once only`);
  const entries: string[] = [];
  for (const file of files) {
    const name = `${option}: ${file === standardInput ? 'standard input' : file}`;
    const found = entriesOf(await read(name, file, signal), separator, name);
    // From a program that failed, most likely.
    if (found.length === 0) throw new UsageError(`${name} is empty`);
    for (const entry of found) entries.push(entry);
  }
  return entries;
}

/**
 * Empty ones are none. A byte order mark at the beginning of lines, as editors of Windows write it, belongs to no path; NUL bytes
 * come from programs, which write none: there it is the first letter of a name.
 * @throws {UsageError}
 */
export function entriesOf(list: Uint8Array, separator: Separator, name: string): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: separator === '\0' }).decode(list);
  } catch {
    throw new UsageError(`${name} is not UTF-8`);
  }
  if (separator === '\n' && text.includes('\0'))
    throw new UsageError(`${name} holds NUL bytes: give --null if they separate the paths`);
  return text.split(separator === '\n' ? /\r?\n/ : separator).filter((entry) => entry !== '');
}

async function read(name: string, file: string, signal: AbortSignal): Promise<Uint8Array> {
  const stream = file === standardInput ? process.stdin : createReadStream(file);
  try {
    return await buffer(addAbortSignal(signal, stream));
  } catch (error) {
    signal.throwIfAborted();
    throw new UsageError(`${name} can't be read: ${(error as Error).message}`);
  }
}
