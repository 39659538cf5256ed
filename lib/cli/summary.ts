/** A report for people: what happened, why files stayed, what failed, what to do next. Pure. */
import type { Failure, Report } from '../jobs/report.js';
import { bytes, count, duration, plural, printable, table } from './format.js';

const mostFailures = 20;

export function summary(report: Report): string[] {
  return [
    headline(report),
    ...table(rowsOf(report), [1]),
    ...section('Kept, because', keptRows(report)),
    ...section('Failed', failureLines(report)),
    ...section('Next', nextSteps(report)),
  ];
}

function headline({ job, dryRun, interrupted, error, startedAt, finishedAt }: Report): string {
  const seconds = Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  const name = job.charAt(0).toUpperCase() + job.slice(1);
  const end = error !== undefined ? 'failed' : interrupted ? 'interrupted' : 'finished';
  return dryRun
    ? `${name}, dry run ${end} after ${duration(seconds)}: nothing was changed, this is what would be done`
    : `${name} ${end} after ${duration(seconds)}`;
}

function rowsOf(report: Report): string[][] {
  const { scanned, copied, removed, removedAfterCopy, kept, failed, conflicts, bytesCopied, bytesRemoved } =
    report;
  const removedBytes = bytesRemoved === 0 ? '' : bytes(bytesRemoved);
  const rows = [
    ['scanned', count(scanned), ''],
    ['copied', count(copied), copied === 0 ? '' : copiedText(report, bytesCopied)],
    ['removed', count(removed), removedAfterCopy === 0 ? removedBytes : ''],
  ];
  if (removedAfterCopy > 0) rows.push(['and after copy', count(removedAfterCopy), `${removedBytes} in all`]);
  rows.push(['kept', count(kept), ''], ['failed', count(failed), ''], ['conflicts', count(conflicts), '']);
  return rows;
}

function copiedText({ startedAt, finishedAt, dryRun }: Report, copied: number): string {
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return dryRun || seconds <= 0 ? bytes(copied) : `${bytes(copied)}, ${bytes(copied / seconds)}/s`;
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
  return rest > 0 ? [...shown, `… and ${plural(rest, 'more', 'more')}; --json tells the first 1,000`] : shown;
}

function failureLine({ path, code, message }: Failure): string {
  return `${printable(path)}: ${printable(message)}${message.includes(code) ? '' : ` [${code}]`}`;
}

function nextSteps({
  interrupted,
  error,
  failed,
  conflicts,
  kept,
  copied,
  dryRun,
  removedAfterCopy,
  job,
}: Report): string[] {
  if (dryRun)
    return failed + conflicts > 0 ? ['look at what failed; without --dry-run the rest would be done'] : [];
  const steps: string[] = [];
  if (error !== undefined)
    steps.push('it ended before everything was looked at; what is done is complete, the next pass goes on');
  if (interrupted) steps.push('it was stopped early; nothing is lost, the next pass goes on');
  if (failed > 0) {
    steps.push(`${plural(failed, 'file')} failed and stayed as they were; the next pass tries again`);
  }
  if (conflicts > 0) {
    const differ = conflicts === 1 ? 'differs from its remote copy' : 'differ from their remote copies';
    steps.push(
      `${plural(conflicts, 'file')} ${differ}: both stay, nothing is overwritten; look at them yourself`,
    );
  }
  if (job === 'backup' && !interrupted && kept + copied - removedAfterCopy > 0) {
    steps.push('files that are still here are looked at again by the next pass');
  }
  return steps;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}
