/** What the server has of a record, judged from facts alone (S1, S4, S11). */
import { checksumText, sameChecksum, type Checksum } from './checksum.js';
import type { LocalChecksum } from './put_checksum.js';

/** What the server has of a record: nothing; less of it than we have; something else; the same on disk; the same on tape; or it couldn't be found out. */
export type RemoteState = 'absent' | 'partial' | 'conflict' | 'cached' | 'backed_up' | 'unknown';

/** A fact that was asked for, but couldn't be found out. */
export interface CheckFailed {
  failed: string;
}
/** Undefined: not asked yet. */
export type Check<T> = T | CheckFailed | undefined;

/** From a stat of this very path, never from a listing: listings don't carry the tape flags (S11). */
export interface RemoteFile {
  /** Bytes. */
  size: number;
  kind: 'file' | 'directory' | 'other';
  offline: boolean;
  backUpExists: boolean;
  /** Written with posc and not yet closed; its kind is `other`. */
  poscPending?: boolean;
}

export interface RemoteFacts {
  local: {
    /** Bytes. */
    size: number;
    checksum?: Check<Checksum>;
    /** Of the first `remote.size` bytes. */
    prefixChecksum?: Check<Checksum>;
  };
  /** Null: the server says that there is nothing. */
  remote: RemoteFile | null | CheckFailed;
  remoteChecksum?: Check<Checksum>;
  /** `bytes`: by checksum, or by reading the remote file back. */
  verify: 'bytes' | 'size';
  /** Equal checksums don't prove equal bytes: from comparisonOf(). Default false. */
  weak?: boolean | undefined;
  /** Somebody may still be writing the remote file: from mayBeWritten(). Default false. */
  writing?: boolean | undefined;
  /** A shorter remote file won't be replaced: its bytes needn't be compared. Default false. */
  looksOnly?: boolean | undefined;
}

/** The next thing to find out; ask again with it filled in. */
export type Question =
  | { ask: 'checksum'; local: boolean; remote: boolean }
  | { ask: 'prefix_checksum'; length: number; local: boolean; remote: boolean };

/** `local`: what was found out of the local bytes in this pass. */
export type Classification =
  | { state: 'absent' }
  | { state: 'partial' | 'conflict' | 'unknown'; reason: string }
  /** Neither a copy nor an unfinished one: its content may still change. */
  | { state: 'writing'; reason: string }
  | { state: 'cached' | 'backed_up'; verifiedBy: VerifiedBy; local?: readonly LocalChecksum[] };

/** `weak_checksum`: different files easily have the same one. */
export type VerifiedBy = 'checksum' | 'weak_checksum' | 'size';

export const STILL_WRITTEN = 'its remote file is being written, or was until a moment ago';

export function isQuestion(answer: Classification | Question): answer is Question {
  return 'ask' in answer;
}

/** Pure: the same facts give the same answer. Once the answers to one question are filled in, the result is a state. */
export function classifyRemote(facts: RemoteFacts): Classification | Question {
  const { remote, local } = facts;
  if (remote === null) return { state: 'absent' };
  if ('failed' in remote) return unknown(remote.failed);
  if (remote.kind === 'directory') return conflict('a directory stands at its remote path');
  if (remote.poscPending === true)
    return conflict("a file stands at its remote path whose upload isn't finished (posc)");
  if (remote.kind === 'other') return conflict('something that is no regular file stands at its remote path');
  if (remote.size > local.size)
    return conflict(`the remote file is longer: ${remote.size} bytes, the local one has ${local.size}`);
  if (remote.size < local.size) return classifyShorter(facts, remote);
  return classifySameSize(facts, remote);
}

function classifySameSize(facts: RemoteFacts, remote: RemoteFile): Classification | Question {
  const state = remote.backUpExists ? 'backed_up' : 'cached';
  // Opening a file for writing empties it first: it may not stay a copy of an empty record.
  if (remote.size === 0 && facts.writing === true && !remote.backUpExists) return writing();
  if (facts.verify === 'size') return { state, verifiedBy: 'size' };
  // There is only one file without bytes, and some servers have no checksum for it.
  if (remote.size === 0) return { state, verifiedBy: 'checksum' };
  const checked = compare(facts.local.checksum, facts.remoteChecksum);
  if (checked.result === 'missing') return { ask: 'checksum', local: checked.local, remote: checked.remote };
  if (checked.result === 'failed') return unknown(checked.reason);
  if (checked.result === 'differ') return conflict(`the remote file has other bytes: ${checked.reason}`);
  return { state, verifiedBy: facts.weak === true ? 'weak_checksum' : 'checksum' };
}

function classifyShorter(facts: RemoteFacts, remote: RemoteFile): Classification | Question {
  const sizes = `${remote.size} of ${facts.local.size} bytes`;
  if (remote.backUpExists) return conflict(`the remote file is shorter (${sizes}) and already on tape`);
  if (remote.offline) return conflict(`the remote file is shorter (${sizes}) and offline`);
  if (facts.writing === true && (remote.size === 0 || facts.looksOnly === true)) return writing();
  if (remote.size === 0) return partial(sizes);
  if (facts.looksOnly === true) return { state: 'partial', reason: `the remote file is shorter (${sizes})` };
  const checked = compare(facts.local.prefixChecksum, facts.remoteChecksum);
  if (checked.result === 'missing')
    return { ask: 'prefix_checksum', length: remote.size, local: checked.local, remote: checked.remote };
  if (checked.result === 'failed') return unknown(checked.reason);
  if (checked.result === 'differ')
    return conflict(`the remote file is shorter (${sizes}) and has other bytes: ${checked.reason}`);
  if (facts.weak === true)
    return conflict(`the remote file is shorter (${sizes}), and adler32 is no proof that it is ours`);
  return facts.writing === true ? writing() : partial(sizes);
}

type Comparison =
  | { result: 'missing'; local: boolean; remote: boolean }
  | { result: 'failed' | 'differ'; reason: string }
  | { result: 'equal' };

function compare(local: Check<Checksum>, remote: Check<Checksum>): Comparison {
  if (local !== undefined && 'failed' in local) return { result: 'failed', reason: local.failed };
  if (remote !== undefined && 'failed' in remote) return { result: 'failed', reason: remote.failed };
  if (local === undefined || remote === undefined)
    return { result: 'missing', local: local === undefined, remote: remote === undefined };
  if (sameChecksum(local, remote)) return { result: 'equal' };
  if (local.type.toLowerCase() !== remote.type.toLowerCase())
    return { result: 'failed', reason: `asked for ${local.type}, the server answered with ${remote.type}` };
  return { result: 'differ', reason: `${checksumText(remote)}, the local one has ${checksumText(local)}` };
}

function conflict(reason: string): Classification {
  return { state: 'conflict', reason };
}
function partial(sizes: string): Classification {
  return { state: 'partial', reason: `an unfinished copy of it is on the server (${sizes})` };
}
function writing(): Classification {
  return { state: 'writing', reason: STILL_WRITTEN };
}
function unknown(reason: string): Classification {
  return { state: 'unknown', reason };
}
