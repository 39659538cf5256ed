/** A report for people: what happened, why files stayed, what failed, what to do next. Pure. */
import type { Failure, Report } from '../jobs/events/report.js';
import { bytes, count, duration, plural, printable, table } from './format.js';
import { nextSteps } from './next_steps.js';

const mostFailures = 20;

/** @param settleSeconds as it is configured */
export function summary(report: Report, settleSeconds?: number): string[] {
  return [
    headline(report),
    ...table(rowsOf(report), [1]),
    ...section(`${capital(keptWord(report.job))}, because`, keptRows(report)),
    ...section('Warnings', (report.warnings ?? []).map(printable)),
    ...section('Failed', failureLines(report)),
    ...section('Next', nextSteps(report, settleSeconds)),
  ];
}

function headline({ job, dryRun, interrupted, error, startedAt, finishedAt }: Report): string {
  const seconds = Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  const end = error !== undefined ? 'failed' : interrupted ? 'interrupted' : 'finished';
  return dryRun
    ? `${capital(job)}, dry run ${end} after ${duration(seconds)}: nothing was changed, this is what would be done`
    : `${capital(job)} ${end} after ${duration(seconds)}`;
}

type Job = Report['job'];
type Row = [label: string, files: string, more: string];

function rowsOf(report: Report): Row[] {
  const { job, scanned, kept, failed, conflicts, evicted, seed } = report;
  const rows: Row[] = [
    ['scanned', count(scanned), ''],
    ...done[job](report),
    [keptWord(job), count(kept), ''],
  ];
  rows.push(['failed', count(failed), '']);
  // stage and evict compare nothing.
  if (job !== 'stage' && job !== 'evict' && job !== 'rebuild') rows.push(['conflicts', count(conflicts), '']);
  if (evicted !== undefined && job !== 'evict') rows.push(['evicted', count(evicted), '']);
  const { notOnTape, removedNotOnTape, lost, rebuilt } = report;
  if (notOnTape !== undefined) rows.push(tapeWaitRow('not on tape', report, notOnTape));
  if (removedNotOnTape !== undefined) rows.push(tapeWaitRow('and not here', report, removedNotOnTape));
  if (lost !== undefined) rows.push(['lost', count(lost), 'the server has no longer what was copied']);
  if (rebuilt !== undefined) rows.push(...rebuiltRows(rebuilt));
  if (seed !== undefined) rows.push(['seed', printable(seed), 'draws the same files again']);
  return rows;
}

function rebuiltRows({
  segments,
  rows,
  listed,
  unsummed,
  serverOnly,
}: NonNullable<Report['rebuilt']>): Row[] {
  const unknown = unsummed === 0 ? '' : `${count(unsummed)} without checksum`;
  return [
    ['segments', count(segments), `${plural(rows, 'row')} in them`],
    ['from the listing', count(listed), unknown],
    ["the server's word", count(serverOnly), 'rows for which there is nothing else'],
  ];
}

/** The rows with each job's own results. */
const done: Record<Job, (report: Report) => Row[]> = {
  backup: (report) => [copiedRow('copied', report), ...removedRows(report)],
  retention: removedRows,
  restore: (report) => [copiedRow('restored', report)],
  stage: ({ staged = 0, requested = 0, bytesStaged = 0 }) =>
    requested > 0
      ? [['requested', count(requested), bytes(bytesStaged)]]
      : [['staged', count(staged), bytesOf(staged, bytesStaged)]],
  evict: ({ evicted = 0 }) => [['evicted', count(evicted), '']],
  verify: ({ verified = 0, bytesVerified = 0 }) => [
    ['verified', count(verified), bytesOf(verified, bytesVerified)],
  ],
  rebuild: ({ noted = 0 }) => [['noted', count(noted), '']],
  drill: ({ verified = 0, bytesVerified = 0 }) => [
    ['read back', count(verified), bytesOf(verified, bytesVerified)],
  ],
};

function keptWord(job: Job): string {
  return job === 'backup' || job === 'retention' ? 'kept' : 'skipped';
}

function copiedRow(label: string, report: Report): Row {
  const { copied, bytesCopied, startedAt, finishedAt, dryRun } = report;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  const rate = dryRun || seconds <= 0 || copied === 0 ? '' : `, ${bytes(bytesCopied / seconds)}/s`;
  return [label, count(copied), bytesOf(copied, bytesCopied) + rate];
}

function bytesOf(files: number, size: number): string {
  return files === 0 ? '' : bytes(size);
}

function tapeWaitRow(
  label: string,
  { interrupted, error }: Report,
  { files, bytes: size, oldest }: NonNullable<Report['notOnTape']>,
): Row {
  const since = oldest === undefined ? [] : [`the oldest since ${oldest.since.slice(0, 10)}`];
  const early = interrupted || error !== undefined ? ['as far as it got'] : [];
  const all = files === 0 ? [] : [bytes(size)];
  return [label, count(files), [...all, ...since, ...early].join(', ')];
}

function removedRows({ removed, removedAfterCopy, bytesRemoved }: Report): Row[] {
  const removedBytes = bytesRemoved === 0 ? '' : bytes(bytesRemoved);
  if (removedAfterCopy === 0) return [['removed', count(removed), removedBytes]];
  return [
    ['removed', count(removed), ''],
    ['and after copy', count(removedAfterCopy), `${removedBytes} in all`],
  ];
}

function keptRows({ keptReasons }: Report): string[] {
  const rows = Object.entries(keptReasons).sort(([, a], [, b]) => b - a);
  return table(
    rows.map(([reason, files]) => [printable(reason), count(files)]),
    [1],
    '',
  );
}

function failureLines({ failures, failed, conflicts }: Report): string[] {
  const shown = failures.slice(0, mostFailures).map(failureLine);
  const rest = failed + conflicts - shown.length;
  return rest > 0 ? [...shown, `… and ${plural(rest, 'more', 'more')}; --json lists the first 1,000`] : shown;
}

function failureLine({ path, code, message }: Failure): string {
  return `${printable(path)}: ${printable(message)}${message.includes(code) ? '' : ` [${code}]`}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
