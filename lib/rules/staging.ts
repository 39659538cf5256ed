/** Bringing files from tape: which to request next, when to poll again, and what the result of a poll means. */
import type { RemoteFile } from './remote_state.js';
import type { StageAnswer } from './stage_answer.js';

export interface StagedFacts {
  /** From a stat of this very path; null: the server says that there is nothing. */
  flags: Pick<RemoteFile, 'offline' | 'backUpExists' | 'kind'> | null;
  /** What the server says about the request; undefined if it says nothing that we understand. */
  answer?: StageAnswer | undefined;
}

export type Staged = { state: 'online' } | { state: 'waiting' } | { state: 'failed'; reason: string };

/**
 * Is it there? The stat flags decide what is online; the answer only explains why a file that is offline will stay so.
 * The answer may be `waiting` for ever: the caller has to set a deadline.
 */
export function judgeStaged({ flags, answer = {} }: StagedFacts): Staged {
  if (flags === null) return failed('it is gone from the server');
  if (flags.kind !== 'file') return failed('it is no regular file on the server');
  if (!flags.offline) return { state: 'online' };
  // The answer contradicts the stat, which was made at another moment: the next poll decides.
  if (answer.online === true || answer.exists === false) return { state: 'waiting' };
  if (answer.error !== undefined) return failed(`the tape system says: ${answer.error}`);
  if (!flags.backUpExists && answer.onTape === false && answer.requested !== true)
    return failed('it is neither on disk nor on tape');
  return { state: 'waiting' };
}

export interface PollFacts {
  /** The last wait, as nextPoll() gave it; the minimum before the first look. */
  previousSeconds: number;
  minSeconds: number;
  maxSeconds: number;
  /** Something came online, or failed for good, since the last look. */
  progressed: boolean;
  /** From 0 to 1. */
  random: number;
}

const GROWTH = 1.5;
const SHRINKAGE = 2;
const JITTER = 0.2;

/**
 * Seconds until the next look: 1.5 times the last wait if nothing happened, half of it if something did, plus or minus
 * 20 % at random, so that many clients don't ask in step. From `minSeconds` - 20 % to `maxSeconds` + 20 %.
 */
export function nextPoll({ previousSeconds, minSeconds, maxSeconds, progressed, random }: PollFacts): number {
  const previous = Number.isFinite(previousSeconds) ? previousSeconds : minSeconds;
  const wanted = progressed ? previous / SHRINKAGE : previous * GROWTH;
  const seconds = Math.min(Math.max(wanted, minSeconds), Math.max(minSeconds, maxSeconds));
  return seconds * (1 - JITTER + 2 * JITTER * Math.min(Math.max(random, 0), 1));
}

export interface StagingLimits {
  /** Files in one request. */
  batchFiles: number;
  /** Files in flight: asked for, and not yet copied, failed or given up. */
  maxFiles: number;
  /** Bytes in flight. 0 or undefined: no bound. */
  maxBytes?: number | undefined;
}

/**
 * The files of the next request: as many as fit from the beginning of `waiting`. None is skipped, so that small files don't
 * delay a large one. A file larger than `maxBytes` is requested alone, when nothing else is in flight. If nothing is in flight
 * and a file waits, at least one is picked.
 */
export function pickForStaging<T extends { size: number }>(
  waiting: readonly T[],
  inFlight: { files: number; bytes: number },
  { batchFiles, maxFiles, maxBytes = 0 }: StagingLimits,
): T[] {
  let { files, bytes } = inFlight;
  const picked: T[] = [];
  for (const file of waiting) {
    if (picked.length > 0 && picked.length >= batchFiles) break;
    const fits = files < maxFiles && (maxBytes <= 0 || bytes + file.size <= maxBytes);
    if (!fits && files > 0) break;
    picked.push(file);
    files++;
    bytes += file.size;
  }
  return picked;
}

function failed(reason: string): Staged {
  return { state: 'failed', reason };
}
