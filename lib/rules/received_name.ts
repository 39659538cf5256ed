/** S8: may a name that a server lists become a file below the restore directory? */
import { MAX_DISK_COMPONENT_BYTES, nameProblem, RESERVED_PREFIX } from './names.js';

/** Bytes of a path that system calls take: PATH_MAX of Linux, without the byte that ends it. */
export const MAX_LOCAL_PATH_BYTES = 4095;

/** `.xrootd-archive.` and what own_files.ts puts behind it: a file is first written under such a name. */
const TEMPORARY_NAME_BYTES = RESERVED_PREFIX.length + 64;

export interface ReceivedNameLimits {
  /** The restore directory, absolute, where files are reached by their whole path; its bytes count. Default: none. */
  directory?: string;
}

/**
 * For names of files, and for those of directories before they are listed: a server that lists `..` would lead a
 * listing out of the target, or round for ever. Names that libXrdCl can't ask for unchanged (`?`, newlines, …) are refused
 * too: it would bring another file. Backslashes are ordinary letters here.
 * @param name path relative to the target's base, as the server gave it
 * @returns why not; undefined if it may
 */
export function receivedNameProblem(
  name: string,
  { directory = '' }: ReceivedNameLimits = {},
): string | undefined {
  // A name that is too long for an upload is fine: the server has the file, so it can be reached there.
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
