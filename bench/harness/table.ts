/** Results for people. */
import type { ContestantResult, ScenarioResult, Verdict } from './result.js';
import type { Summary } from './summary.js';

/** The measures that have a column of their own, or none. */
const columns = new Set([
  'wallSeconds',
  'innerSeconds',
  'cpuSeconds',
  'serverCpuSeconds',
  'otherCpuSeconds',
  'peakRssBytes',
  'loopP99Milliseconds',
  'loopMaxMilliseconds',
  'secondsEach',
]);
const counts = new Set(['scanned', 'copied', 'kept', 'failed', 'conflicts', 'present', 'done']);

export function table(result: ScenarioResult): string {
  const title = `${result.scenario}: ${result.title} (${result.seconds.toFixed(0)} s)`;
  const facts = Object.entries(result.facts).map(([name, value]) => `  ${name}: ${value}`);
  return [
    '',
    title,
    ...facts,
    '',
    ...aligned([head, ...result.contestants.map(row)]),
    ...result.contestants.flatMap(others),
    '',
    ...aligned(result.wanted.map(verdictRow)),
    '',
  ].join('\n');
}

const head = [
  'median of rates',
  '',
  '',
  'min',
  'max',
  'whole s',
  'work s',
  'CPU s',
  'server CPU s',
  'others CPU s',
  'RSS MB',
  'loop p99 ms',
  'max ms',
];

function row({ name, amount, basis, rate, measures }: ContestantResult): string[] {
  const median = (measure: string, digits: number, scale = 1) => {
    const summary = measures[measure];
    return summary === undefined ? '-' : (summary.median * scale).toFixed(digits);
  };
  return [
    name,
    number(rate.median),
    `${amount.unit}/s${basis === 'innerSeconds' ? ' (work)' : ''}`,
    number(rate.min),
    number(rate.max),
    median('wallSeconds', 3),
    median('innerSeconds', 3),
    median('cpuSeconds', 2),
    median('serverCpuSeconds', 2),
    median('otherCpuSeconds', 2),
    median('peakRssBytes', 0, 1e-6),
    median('loopP99Milliseconds', 1),
    median('loopMaxMilliseconds', 0),
  ];
}

/** What only this contestant has. */
function others({ name, measures }: ContestantResult): string[] {
  const own = Object.entries(measures).filter(([each]) => !columns.has(each) && !counts.has(each));
  if (own.length === 0) return [];
  const text = (summary: Summary) =>
    `${number(summary.median)} (${number(summary.min)} to ${number(summary.max)})`;
  return [`  ${name}: ${own.map(([each, summary]) => `${each} ${text(summary)}`).join(', ')}`];
}

function verdictRow({ what, value, sense, demanded, unit, met }: Verdict): string[] {
  return [
    what,
    value === undefined ? 'not measured' : `${number(value)} ${unit}`,
    demanded === undefined ? '' : `${sense} ${number(demanded)} ${unit}`,
    met === undefined ? '' : met ? 'met' : 'NOT MET',
  ];
}

/** Three digits that matter. */
function number(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(digits, 6));
}

/** The first column to the left, numbers to the right. */
function aligned(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((each) => each[column]!.length)));
  return rows.map((each) =>
    each
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
