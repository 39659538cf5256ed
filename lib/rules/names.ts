/** S9: which record names XRootD can carry faithfully, and where they go on the server. */
import { isUtf8 } from 'node:buffer';
import { wireTextProblem } from '../config/wire_text.js';

/** Names that start with this are ours (temporary files, captures, the lock), and never a record's. */
export const RESERVED_PREFIX = '.xrootd-archive.';

/**
 * Bytes of one path component. Disks take 255, but a server's listing shows the first 254 of them: XrdOfsDirectory reads each
 * entry into `char dname[MAXNAMLEN]`, 255 bytes with the NUL (XrdOfs.hh), and XrdOssDir::Readdir() cuts what is longer
 * (XrdOssApi.cc; 5.5.3, seen). A record with such a name could be found only by somebody who knows the name.
 */
export const MAX_COMPONENT_BYTES = 254;

/** Bytes of one path component on disk: NAME_MAX. The server opens a file of such a name for anybody who knows it. */
export const MAX_DISK_COMPONENT_BYTES = 255;

/**
 * Bytes of a whole remote path. A server that persists on close keeps the names of unfinished files in records of
 * 1,024 bytes (XrdOfsPoscq.hh), cuts longer ones without a word, and later removes what the cut name says, which can
 * be another record. (The next limit is 4,096 bytes with the server's own prefix; beyond it the client retries until
 * it times out.)
 */
export const MAX_REMOTE_PATH_BYTES = 1023;

/** The problem of a name that is not valid UTF-8; no other name may replace it. */
export const NOT_UTF8 = 'is not valid UTF-8';

export interface NameLimits {
  /** The target's base path; its bytes count. Default `/`. */
  base?: string;
  /** Default MAX_REMOTE_PATH_BYTES. */
  maxPathBytes?: number;
  /** Default MAX_COMPONENT_BYTES. */
  maxComponentBytes?: number;
}

/**
 * Why XRootD can't carry this record's name, unmistakably and unchanged; undefined if it can.
 * @param name path relative to the cache; lone surrogates are refused
 */
export function nameProblem(name: string, limits: NameLimits = {}): string | undefined {
  const problem = pathProblem(name, limits);
  return problem === undefined ? undefined : `its name ${problem}`;
}

function pathProblem(name: string, limits: NameLimits): string | undefined {
  if (name === '') return 'is empty';
  if (name.startsWith('/')) return 'is absolute';
  const wire = wireTextProblem(name);
  if (wire !== undefined) return wire;
  const longest = limits.maxComponentBytes ?? MAX_COMPONENT_BYTES;
  for (const component of name.split('/')) {
    const problem = componentProblem(component, longest);
    if (problem !== undefined) return problem;
  }
  const bytes = Buffer.byteLength(remotePath(limits.base ?? '/', name));
  const most = limits.maxPathBytes ?? MAX_REMOTE_PATH_BYTES;
  if (bytes > most) return `is too long: its remote path has ${bytes} bytes, ${most} are safe`;
  return undefined;
}

/** A record's path on the server: the base path and the record's own, joined by exactly one slash. */
export function remotePath(base: string, name: string): string {
  return base.endsWith('/') ? base + name : `${base}/${name}`;
}

/** True for a component that belongs to us: temporary files, captures, the lock. */
export function isReserved(component: string): boolean {
  return component.startsWith(RESERVED_PREFIX);
}

/** For messages and logs: one line, whatever bytes the name has. */
export function printableName(raw: Uint8Array | string): string {
  const text = typeof raw === 'string' ? raw : isUtf8(raw) ? Buffer.from(raw).toString() : escapeBytes(raw);
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/**
 * May a listing have cut this name? Then other files can have it as well.
 * @param component as a server's listing has it
 */
export function mayBeCut(component: string): boolean {
  return component.length * 3 >= MAX_COMPONENT_BYTES && Buffer.byteLength(component) >= MAX_COMPONENT_BYTES;
}

function componentProblem(component: string, longest: number): string | undefined {
  if (component === '') return 'has an empty component ("//")';
  if (component === '.' || component === '..') return `has the component "${component}"`;
  if (isReserved(component))
    return `has a component that starts with "${RESERVED_PREFIX}", which is reserved`;
  // A UTF-16 unit takes at most three bytes: most names need no counting.
  if (component.length * 3 > longest && Buffer.byteLength(component) > longest)
    return `has a component longer than ${longest} bytes`;
  return undefined;
}

function escapeBytes(raw: Uint8Array): string {
  let text = '';
  for (const byte of raw) text += byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`;
  return text;
}
