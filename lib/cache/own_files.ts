/** Names of our own files inside the cache. All start with RESERVED_PREFIX, so none can be a record. */
import { hash, randomBytes } from 'node:crypto';
import { isReserved, RESERVED_PREFIX } from '../rules/names.js';

/** The cache's own lock, in its root. Stays there; removing it while a pass runs would let a second one in. */
export const LOCK_NAME = `${RESERVED_PREFIX}lock`;
/** Held by the service that works on the cache, in its root, between passes too. */
export const SERVICE_LOCK_NAME = `${RESERVED_PREFIX}service`;
/** Which records earlier passes compared, in the cache's root: verified_memo.ts. */
export const MEMO_NAME = `${RESERVED_PREFIX}verified`;
/** What a restore has asked tape for, in the restore directory: stage_journal.ts. */
export const JOURNAL_NAME = `${RESERVED_PREFIX}staged`;
/** Which retention settings somebody confirmed: confirmation.ts. */
export const CONFIRMATION_NAME = `${RESERVED_PREFIX}retention`;
const STATE = new Set([
  ...[LOCK_NAME, SERVICE_LOCK_NAME, MEMO_NAME, `${MEMO_NAME}.new`, JOURNAL_NAME],
  ...[CONFIRMATION_NAME, `${CONFIRMATION_NAME}.new`],
]);
const OF_SHARD = /\.\d+-of-\d+(?=$|\.new$)/;
/** With its log and shared memory, those of shards, what was put aside or is being made, segments, a mark, and its reserve. */
const CATALOGUE =
  /^catalogue(\.\d+-of-\d+)?(\.damaged-[\w.-]+|\.making-\w+|\.suspect|\.segment(\.[\w.-]+)?)?(-wal|-shm|-journal|\.reserve-[12])?$/;
const REMOVING = `${RESERVED_PREFIX}removing.`;
/** Of a directory that holds a capture: see capture_place.ts. */
const REMOVING_LONG = `${RESERVED_PREFIX}removing-`;
const INCOMING = `${RESERVED_PREFIX}incoming.`;
const DISPLACED = `${RESERVED_PREFIX}displaced.`;
const REPLACED = `${RESERVED_PREFIX}replaced.`;

/** `state`: it stays, and nothing is to be done about it. */
export type OwnFile = 'incoming' | 'removing' | 'state' | 'other';

/** Undefined for a name that isn't ours. */
export function ownFile(name: string): OwnFile | undefined {
  if (!isReserved(name)) return undefined;
  if (name.startsWith(REMOVING) && name.length > REMOVING.length) return 'removing';
  if (isCaptureDirectory(name)) return 'removing';
  if (name.startsWith(INCOMING)) return 'incoming';
  if (CATALOGUE.test(name.slice(RESERVED_PREFIX.length))) return 'state';
  return STATE.has(name.replace(OF_SHARD, '')) ? 'state' : 'other';
}

export function captureName(name: string): string {
  return REMOVING + name;
}

/** Always the same one for a record of this name, and short, however long that is. */
export function captureDirectoryName(name: string): string {
  return REMOVING_LONG + hashOf(name);
}

export function isCaptureDirectory(name: string): boolean {
  return name.startsWith(REMOVING_LONG) && name.length > REMOVING_LONG.length;
}

/** The name of the record that a capture holds; undefined for a capture directory, which holds the record under its name. */
export function capturedName(capture: string): string | undefined {
  return isCaptureDirectory(capture) ? undefined : capture.slice(REMOVING.length);
}

export function incomingName(): string {
  return INCOMING + randomBytes(12).toString('hex');
}

/** Always the same one for a file of this name: so a restore finds what a killed one has left. */
export function receivingName(name: string): string {
  return INCOMING + hashOf(name);
}

/** For somebody else's file, which stays until somebody has looked at it. */
export function displacedName(): string {
  return DISPLACED + randomBytes(12).toString('hex');
}

/** The name, on another server, of a file that a restore replaces, until the new file is in place. */
export function replacedName(name: string): string {
  return REPLACED + hashOf(name);
}

function hashOf(name: string): string {
  return hash('sha256', name, 'hex').slice(0, 24);
}
