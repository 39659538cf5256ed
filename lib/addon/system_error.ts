/** Errors of system calls that the addon made, as those of `node:fs` look. */
import { getSystemErrorName } from 'node:util';

export function systemError(
  errno: number,
  syscall: string,
  path: string,
  dest?: string,
): NodeJS.ErrnoException & { dest?: string } {
  const code = getSystemErrorName(-errno);
  const ends = dest === undefined ? `'${path}'` : `'${path}' -> '${dest}'`;
  return Object.assign(new Error(`${code}: ${syscall} ${ends}`), {
    ...{ code, errno: -errno, syscall, path },
    ...(dest !== undefined && { dest }),
  });
}
