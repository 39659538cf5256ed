/** How many files this process may work on at once, by the descriptors that it may have open (`ulimit -n`). */
import { readdirSync, readFileSync } from 'node:fs';

/** Descriptors for connections, for directories of the walk, and for whatever else is opened now and then. */
const spare = 64;
/** The file itself, once more for libXrdCl or for a removal, and directories. */
const descriptorsPerFile = 4;

/** At least 1; Infinity where the system doesn't tell (not Linux), or where there is no limit. */
export function mostOpenFiles(): number {
  const limit = descriptorLimit();
  return limit === Infinity ? limit : filesWithin(limit, readdirSync('/proc/self/fd').length);
}

/** Pure. @param open descriptors that are open already */
export function filesWithin(limit: number, open: number): number {
  return Math.max(1, Math.floor((limit - open - spare) / descriptorsPerFile));
}

function descriptorLimit(): number {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return Infinity;
  }
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Infinity : Number(soft);
}
