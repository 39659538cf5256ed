/** Lists from files or standard input: one entry per line, taken literally. */
import { TextDecoder } from 'node:util';
import { createReadStream, type ReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { UsageError } from './usage_error.js';

export type Separator = '\n' | '\0';

/** The file name that means standard input. */
export const standardInput = '-';

/**
 * Returns the entries of all files together.
 * @param option the option that named the files, for messages
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
    // Most likely the program that should have written the list failed.
    if (found.length === 0) throw new UsageError(`${name} is empty`);
    for (const entry of found) entries.push(entry);
  }
  return entries;
}

/**
 * Ignores empty entries. Drops a byte order mark, which editors on Windows write, from a list of lines. In a list separated
 * by NUL bytes it is kept as part of a name: programs that write such lists write no byte order mark.
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

/**
 * The lines of a file of any size, one after the other; those of a list of Windows keep their carriage return.
 * @throws {UsageError} for a file that can't be read, or isn't UTF-8; AbortError
 */
export async function* linesOf(file: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const name = file === standardInput ? 'standard input' : file;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of chunksOf(name, file, signal)) {
    const lines = (rest + decoded(decoder, chunk, name)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoded(decoder, undefined, name);
  if (rest !== '') yield rest;
}

function decoded(decoder: TextDecoder, chunk: Uint8Array | undefined, name: string): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new UsageError(`${name} is not UTF-8`);
  }
}

async function* chunksOf(
  name: string,
  file: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of addAbortSignal(signal, streamOf(file))) yield chunk as Uint8Array;
  } catch (error) {
    signal.throwIfAborted();
    throw new UsageError(`${name} can't be read: ${(error as Error).message}`);
  }
}

function streamOf(file: string): NodeJS.ReadStream | ReadStream {
  return file === standardInput ? process.stdin : createReadStream(file);
}

async function read(name: string, file: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await buffer(addAbortSignal(signal, streamOf(file)));
  } catch (error) {
    signal.throwIfAborted();
    throw new UsageError(`${name} can't be read: ${(error as Error).message}`);
  }
}
