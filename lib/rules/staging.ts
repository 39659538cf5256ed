/** Bringing files from tape: which to ask for next, when to look again, and what a look means. */
import type { RemoteFile } from './remote_state.js';
import type { StageAnswer } from './stage_answer.js';

export interface StagedFacts {
  /** Of a stat of its own; null: the server says that there is nothing. */
  flags: Pick<RemoteFile, 'offline' | 'backUpExists' | 'kind'> | null;
  /** What the server told about the request; undefined where it told nothing that we understand. */
  answer?: StageAnswer | undefined;
}

export type Staged = { state: 'online' } | { state: 'waiting' } | { state: 'failed'; reason: string };

/**
 * Is it there? The stat flags decide what is online; the answer only explains why a file that is offline will stay so.
 * `waiting` may be said for ever: the deadline is the caller's.
 */
export function judgeStaged({ flags, answer = {} }: StagedFacts): Staged {
  if (flags === null) return failed('it is gone from the server');
  if (flags.kind !== 'file') return failed('it is no regular file on the server');
  if (!flags.offline) return { state: 'online' };
  // The answer speaks of another moment, or of another file, than the stat: the next look tells.
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
 * Seconds until the next look: half as long again when nothing happened, half as long when something did, give or take
 * a fifth, so that many clients don't ask in step. From `minSeconds` - 20 % to `maxSeconds` + 20 %.
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
 * The next request: the first of those that wait, in their order, as many as fit; none is passed over, so that a large
 * file isn't put off by small ones. A file larger than `maxBytes` goes alone, when nothing else is in flight. With
 * nothing in flight there is always something to ask for.
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
