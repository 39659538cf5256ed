/** S8: may a restore create a file with a name that a server lists? */
import { MAX_DISK_COMPONENT_BYTES, nameProblem, RESERVED_PREFIX } from './names.js';

/** Longest path that system calls take, in bytes: Linux's PATH_MAX without the final NUL. */
export const MAX_LOCAL_PATH_BYTES = 4095;

/** Longest name under which a file is first written: `.xrootd-archive.` and what own_files.ts appends. */
const TEMPORARY_NAME_BYTES = RESERVED_PREFIX.length + 64;

export interface ReceivedNameLimits {
  /** The restore directory, absolute, where files are reached by their whole path; its bytes count. Default: none. */
  directory?: string;
}

/**
 * For names of files, and for names of directories before they are listed: a server that lists `..` would lead the
 * listing out of the target, or in a circle. Names that libXrdCl can't send unchanged (`?`, newlines, …) are refused
 * too: the server would send another file. Backslashes are ordinary characters here.
 * @param name path relative to the target's base, as the server gave it
 * @returns why not; undefined if it may
 */
export function receivedNameProblem(
  name: string,
  { directory = '' }: ReceivedNameLimits = {},
): string | undefined {
  // Names longer than we would upload are fine: the server has the file, so it can be reached there.
  const limits = { base: '', maxPathBytes: Infinity, maxComponentBytes: MAX_DISK_COMPONENT_BYTES };
  const problem = nameProblem(name, limits);
  if (problem !== undefined) return problem;
  const parent = name.lastIndexOf('/') + 1;
  const longest = Math.max(
    Buffer.byteLength(name),
    Buffer.byteLength(name.slice(0, parent)) + TEMPORARY_NAME_BYTES,
  );
  const bytes = Buffer.byteLength(directory) + 1 + longest;
  if (bytes <= MAX_LOCAL_PATH_BYTES) return undefined;
  return `its name is too long to be written: its path would have ${bytes} bytes`;
}
