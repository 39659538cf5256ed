/** Reads a list of checksums, and checks all of it before the server is asked for anything. */
import { ConfigError, type ConfigProblem } from '../../config/errors.js';
import { sameChecksum } from '../../rules/checksum.js';
import {
  checkExpected,
  parseChecksumLine,
  type ExpectedFile,
  type ListedFile,
} from '../../rules/checksum_list.js';

/** By path relative to the target's base; or lines like `adler32:0123abcd  path` or `0123abcd  path`. */
export type ChecksumList = ReadonlyMap<string, ExpectedFile> | Iterable<string> | AsyncIterable<string>;

/** An error names at most this many problems. */
const mostProblems = 20;

/**
 * Keeps the whole list in memory, because every line is checked first.
 * @param type of values without one
 * @throws {ConfigError} with the lines that are wrong: the first 20
 */
export async function readChecksums(list: ChecksumList, type: string): Promise<ListedFile[]> {
  const files = new Map<string, { line: number; expected: ExpectedFile }>();
  const problems: ConfigProblem[] = [];
  let line = 0;
  for await (const { read } of entriesOf(list, type)) {
    line += 1;
    if (problems.length >= mostProblems) break;
    try {
      const entry = read();
      if (entry === undefined) continue;
      const earlier = files.get(entry.path);
      if (earlier === undefined) files.set(entry.path, { line, expected: entry.expected });
      else if (!sameChecksum(earlier.expected, entry.expected))
        throw new Error(
          `names ${entry.path} again with another checksum; line ${earlier.line} has the first`,
        );
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ key: '', line, message });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems, 'checksums');
  return Array.from(files, ([path, { expected }]) => ({ path, expected }));
}

async function* entriesOf(
  list: ChecksumList,
  type: string,
): AsyncGenerator<{ read: () => ListedFile | undefined }, void, undefined> {
  if (list instanceof Map) {
    for (const [path, expected] of list as ReadonlyMap<string, ExpectedFile>)
      yield {
        read: () => {
          checkExpected(path, expected);
          return { path, expected };
        },
      };
    return;
  }
  // A string would be iterated by characters.
  const lines =
    typeof list === 'string' ? list.split('\n') : (list as Iterable<string> | AsyncIterable<string>);
  for await (const line of lines) yield { read: () => parseChecksumLine(line, type) };
}
