/** What stands in a directory of the cache: a record, or why it is none. */
import type { BigIntStats } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { identityOf, type Identity } from '../rules/identity.js';
import { printableName } from '../rules/names.js';
import type { StatResult } from './batch_stat.js';
import { isActiveCapture } from './capture.js';
import { joinPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import { capturedName, ownFile } from './own_files.js';

export interface CacheRecord {
  kind: 'record';
  /** Relative to the cache, components separated by `/`. */
  path: string;
  absolute: string;
  identity: Identity;
}

/** What is no record, in an operator's words. `path` is printable, and may stand for bytes that aren't UTF-8. */
export interface WalkProblem {
  kind: 'problem';
  problem: 'symlink' | 'socket' | 'fifo' | 'device' | 'bad_name' | 'unreadable' | 'reserved' | 'missing';
  path: string;
  code: string;
  errno?: number;
  message: string;
  /** Set for a regular file that would be a record if it had another name. */
  identity?: Identity;
}

/** A temporary file of ours: of a crash, or of a put() that is still running. */
export interface Leftover {
  kind: 'leftover';
  leftover: 'incoming' | 'removing';
  path: string;
  absolute: string;
  identity: Identity;
}

/** Listed, but gone when looked at: somebody removed or renamed it. Nothing is wrong. */
export interface Vanished {
  kind: 'vanished';
  path: string;
}

export type WalkEntry = CacheRecord | WalkProblem | Leftover | Vanished;

export interface EntryOptions {
  /** Why a name can't be archived (S9); undefined if it can. Default: every valid UTF-8 name can. */
  nameProblem?: (path: string) => string | undefined;
  /**
   * Is the entry with this path looked at? A capture counts as the record that it holds. Directories are entered in any case,
   * and reported if they can't be read. Default: all are.
   */
  only?: (path: string) => boolean;
  /** Relative paths to skip without a report, like a lock file inside the cache. */
  ignore?: ReadonlySet<string>;
}

/** @param listed its name as the directory has it, one latin1 character for each byte */
export function classify(
  directory: CacheDirectory,
  listed: string,
  result: StatResult,
  options: EntryOptions,
  entries: WalkEntry[],
  subdirectories: string[],
): void {
  const name = decode(listed);
  const path = joinPath(directory.relative, name ?? printableBytes(listed));
  if (options.ignore?.has(path) === true) return;
  if (result instanceof Error) {
    entries.push(missingOrUnreadable(path, result));
    return;
  }
  const own = name === undefined ? undefined : ownFile(name);
  if (result.isDirectory() && name !== undefined && own === undefined) {
    subdirectories.push(name);
    return;
  }
  // Asked again, for what was listed as a directory but isn't one.
  if (!isWanted(directory, listed, options)) return;
  if (own !== undefined) {
    const entry = ownEntry(directory, name ?? listed, path, own, result);
    if (entry !== undefined) entries.push(entry);
    return;
  }
  const special = specialKind(result);
  if (special !== undefined) {
    entries.push(
      problem(special, printableName(path), 'NotARecord', `${SPECIAL[special]}; not followed, not removed`),
    );
  } else if (name === undefined) {
    entries.push(badName(path, 'its name is not valid UTF-8', result));
  } else {
    const reason = options.nameProblem?.(path);
    if (reason !== undefined) entries.push(badName(path, reason, result));
    else
      entries.push({
        kind: 'record',
        path,
        absolute: `${directory.real}/${name}`,
        identity: identityOf(result),
      });
  }
}

function ownEntry(
  directory: CacheDirectory,
  name: string,
  path: string,
  own: NonNullable<ReturnType<typeof ownFile>>,
  stats: BigIntStats,
): WalkEntry | undefined {
  const absolute = `${directory.real}/${name}`;
  // Below the root it belongs to a restore into a directory of the cache, or to a cache inside this one.
  if (own === 'state' && stats.isFile()) return undefined;
  if (own === 'removing' && isActiveCapture(absolute)) return undefined;
  if (own === 'removing' || own === 'incoming')
    return { kind: 'leftover', leftover: own, path, absolute, identity: identityOf(stats) };
  return problem(
    'reserved',
    printableName(path),
    'BadName',
    'its name starts with ".xrootd-archive.", which is reserved',
  );
}

export function isWanted({ relative }: CacheDirectory, listed: string, { only }: EntryOptions): boolean {
  if (only === undefined) return true;
  const name = decode(listed) ?? printableBytes(listed);
  const record = ownFile(name) === 'removing' ? capturedName(name) : name;
  // Which record a capture directory holds is seen only when it is dealt with.
  return record === undefined || only(joinPath(relative, record));
}

function printableBytes(latin1: string): string {
  return printableName(Buffer.from(latin1, 'latin1'));
}

/** Undefined for bytes that are no UTF-8. */
function decode(latin1: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

const SPECIAL = {
  symlink: 'a symbolic link',
  socket: 'a socket',
  fifo: 'a named pipe',
  device: 'a device',
} as const;

function specialKind(stats: BigIntStats): keyof typeof SPECIAL | undefined {
  if (stats.isFile() || stats.isDirectory()) return undefined;
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isSocket()) return 'socket';
  return stats.isFIFO() ? 'fifo' : 'device';
}

export function missingOrUnreadable(path: string, error: unknown): Vanished | WalkProblem {
  return errnoCode(error) === 'ENOENT' ? { kind: 'vanished', path } : unreadable(path, error);
}

export function tooDeep(path: string): WalkProblem {
  const message = 'has too many directories above it: nothing in it is looked at';
  return problem('bad_name', printableName(path), 'BadName', message);
}

export function unreadable(path: string, error: unknown): WalkProblem {
  const { errno, message } = error as NodeJS.ErrnoException;
  const shown = path === '' ? '.' : printableName(path);
  const entry = problem(
    'unreadable',
    shown,
    errnoCode(error) ?? 'Unreadable',
    `can't be read: ${message.replace(/, [a-z]+( '.*')?$/s, '')}`,
  );
  return errno === undefined ? entry : { ...entry, errno: Math.abs(errno) };
}

/** @param path its directories may have control characters, too */
function badName(path: string, reason: string, stats: BigIntStats): WalkProblem {
  const entry = problem('bad_name', printableName(path), 'BadName', reason);
  return stats.isFile() ? { ...entry, identity: identityOf(stats) } : entry;
}

/** @param path printable */
export function problem(
  kind: WalkProblem['problem'],
  path: string,
  code: string,
  message: string,
): WalkProblem {
  return { kind: 'problem', problem: kind, path, code, message };
}
