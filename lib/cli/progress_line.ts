/** The one line that tells how far a pass is. Pure. */
import type { ArchiveEventOf } from '../jobs/events.js';
import { bytes, count, duration } from './format.js';

export type Progress = Omit<ArchiveEventOf<'progress'>, 'type'>;

const longestBar = 30;
const shortestBar = 10;

/** Between 0 and 1: by bytes where there are any, else by files. */
export function fractionOf(progress: Progress): number {
  const { bytesDone, bytesKnown, filesDone, filesKnown } = progress;
  const fraction = bytesKnown > 0 ? bytesDone / bytesKnown : filesKnown > 0 ? filesDone / filesKnown : 0;
  return Math.min(1, Math.max(0, fraction));
}

/** Fits into `width` columns, whatever the numbers are: what matters least goes first. */
export function progressLine(progress: Progress, width: number): string {
  const { filesDone, filesKnown, bytesDone, bytesKnown, walkDone, rate, etaSeconds } = progress;
  const fraction = fractionOf(progress);
  // While files are still being found there is no whole to have a part of.
  const unfinished = filesDone < filesKnown;
  const percent = walkDone
    ? `${Math.min(Math.floor(fraction * 100), unfinished ? 99 : 100)}%`.padStart(4)
    : '  …%';
  const more = walkDone ? '' : '+';
  const left = !walkDone
    ? 'looking for files'
    : fraction === 1 && unfinished
      ? 'verifying'
      : etaSeconds === null
        ? ''
        : `${timeLeft(etaSeconds)} left`;
  const parts = [
    percent,
    `${count(filesDone)}/${count(filesKnown)}${more} files`,
    `${bytes(bytesDone)} of ${bytes(bytesKnown)}${more}`,
    `${bytes(rate)}/s`,
    left,
  ].filter((part) => part !== '');
  while (parts.length > 1 && parts.join('  ').length > width) parts.pop();
  const text = parts.join('  ');
  const room = Math.min(longestBar, width - text.length - 4);
  if (room < shortestBar) return text.slice(0, width);
  return `[${bar(walkDone ? fraction : 0, room)}] ${text}`;
}

function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : duration(whole);
}

function bar(fraction: number, width: number): string {
  const full = Math.floor(fraction * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
