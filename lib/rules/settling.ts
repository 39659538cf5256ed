/** S3: may somebody still be writing this file? */
import type { Identity } from './identity.js';

/**
 * Times further ahead than this (3,600 s) don't tell when a file changed. Nearer ones come from a file server's clock that runs
 * ahead: such a file is unsettled until our own clock has caught up, at most an hour later.
 */
export const CLOCK_SKEW_SECONDS = 3600;

export type Settling = { settled: true } | { settled: false; secondsLeft: number };

/**
 * A file is settled when neither its data (mtime) nor its inode (ctime) changed in the last `settleSeconds`. ctime is
 * looked at as well because copying tools set mtime back, and because only the kernel can set it.
 *
 * Settling also makes the identity trustworthy: kernels stamp times in steps of some milliseconds, so that two writes
 * within one step can't be told apart; a write to a settled file always moves its mtime. With 0 every file is settled,
 * and that protection is gone.
 *
 * @param now milliseconds since the epoch, by the caller's clock
 */
export function settling(
  file: Pick<Identity, 'mtimeNs' | 'ctimeNs'>,
  settleSeconds: number,
  now: number,
): Settling {
  if (settleSeconds <= 0) return { settled: true };
  const secondsLeft = settleSeconds - (now - changedAt(file, now)) / 1000;
  return secondsLeft > 0 ? { settled: false, secondsLeft } : { settled: true };
}

/**
 * When data or inode last changed, in milliseconds since the epoch; -Infinity where no time says anything.
 * @param now milliseconds since the epoch, by the caller's clock
 */
export function changedAt(file: Pick<Identity, 'mtimeNs' | 'ctimeNs'>, now: number): number {
  const latest = now + CLOCK_SKEW_SECONDS * 1000;
  return Math.max(timeUpTo(latest, file.mtimeNs), timeUpTo(latest, file.ctimeNs));
}

function timeUpTo(latest: number, timeNs: bigint): number {
  const time = Number(timeNs / 1000n) / 1000;
  return time <= latest ? time : -Infinity;
}
