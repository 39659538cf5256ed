/** One line of text with a pass's progress. Pure. */
import type { JobEventOf } from '../jobs/events/events.js';
import { printableName } from '../rules/names.js';
import { bytes, count, duration } from './format.js';

export type Progress = Omit<JobEventOf<'progress'>, 'type' | 'job' | 'inFlight'> &
  Partial<Pick<JobEventOf<'progress'>, 'inFlight'>>;

const longestBar = 30;
const shortestBar = 10;
const shortestName = 12;

/** Between 0 and 1: by bytes where there are any, else by files. */
export function fractionOf(progress: Progress): number {
  const { bytesDone, bytesKnown, filesDone, filesKnown } = progress;
  const fraction = bytesKnown > 0 ? bytesDone / bytesKnown : filesKnown > 0 ? filesDone / filesKnown : 0;
  return Math.min(1, Math.max(0, fraction));
}

/** Always fits into `width` columns: the least important parts are left out first. */
export function progressLine(progress: Progress, width: number): string {
  const { walkDone } = progress;
  const fraction = fractionOf(progress);
  const parts = partsOf(progress).filter((part) => part !== '');
  while (parts.length > 1 && parts.join('  ').length > width) parts.pop();
  const text = parts.join('  ');
  const room = Math.min(longestBar, width - text.length - 4);
  if (room < shortestBar) return text.slice(0, width);
  const line = `[${bar(walkDone ? fraction : 0, room)}] ${text}`;
  return line + nameOf(progress, width - line.length);
}

/** The file that has been in flight for the longest; only what fits, the end of its path first. */
function nameOf({ inFlight = [] }: Progress, room: number): string {
  const [first] = inFlight;
  if (first === undefined || room < shortestName + 2) return '';
  const name = Array.from(printableName(first.path));
  return `  ${name.length <= room - 2 ? name.join('') : `…${name.slice(3 - room).join('')}`}`;
}

/** The most important part first. */
function partsOf(progress: Progress): string[] {
  const { filesDone, filesKnown, bytesDone, bytesKnown, walkDone, rate, waitingForTape } = progress;
  const more = walkDone ? '' : '+';
  const amount = `${bytes(bytesDone)} of ${bytes(bytesKnown)}${more}`;
  const speed = `${bytes(rate)}/s`;
  const [percent, left] = [percentOf(progress), leftOf(progress)];
  return waitingForTape === undefined
    ? [percent, `${count(filesDone)}/${count(filesKnown)}${more} files`, amount, speed, left]
    : [percent, phases(progress, waitingForTape), rate > 0 ? speed : '', left, amount];
}

/** `waiting for tape 132 of 500, copying 12, done 356` */
function phases({ filesDone, filesKnown, walkDone, copying }: Progress, waiting: number): string {
  const all = ` of ${count(filesKnown)}${walkDone ? '' : '+'}`;
  const each = [
    waiting > 0 ? `waiting for tape ${count(waiting)}${all}` : '',
    copying > 0 ? `copying ${count(copying)}` : '',
    `done ${count(filesDone)}${waiting > 0 ? '' : all}`,
  ];
  return each.filter((part) => part !== '').join(', ');
}

function percentOf(progress: Progress): string {
  // While files are still being found the total is unknown.
  if (!progress.walkDone) return '  …%';
  const most = progress.filesDone < progress.filesKnown ? 99 : 100;
  return `${Math.min(Math.floor(fractionOf(progress) * 100), most)}%`.padStart(4);
}

function leftOf(progress: Progress): string {
  const { filesDone, filesKnown, walkDone, etaSeconds, waitingForTape } = progress;
  if (!walkDone) return 'looking for files';
  if (fractionOf(progress) === 1 && filesDone < filesKnown && !waitingForTape) return 'verifying';
  return etaSeconds === null ? '' : `${timeLeft(etaSeconds)} left`;
}

function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : duration(whole);
}

function bar(fraction: number, width: number): string {
  const full = Math.floor(fraction * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
