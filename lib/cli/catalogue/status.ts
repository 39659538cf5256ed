/** `catalogue status`: what the catalogue knows, in numbers. */
import type { Command } from 'commander';
import type { CatalogueStatus, PartStatus } from '../../jobs/catalogue/status.js';
import { ROW_STATES } from '../../catalogue/row.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { bytes, count, plural, printable, table, time } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { openCatalogueOf } from './open.js';
import { recordLine } from './record_line.js';

const mostParts = 20;

export function addStatus(group: Command, session: Session): void {
  const command = group
    .command('status')
    .description('show how many records there are by state, what is lost, audits, passes, segments');
  addConfigOptions(command, USES.catalogue).action(action(session, status));
}

async function status(invocation: Invocation<ConfigOptions>): Promise<ExitCode> {
  const { output } = invocation;
  const { catalogue } = await openCatalogueOf(invocation);
  const found = await catalogue.status();
  if (output.json) output.object({ type: 'catalogue:status', ...found });
  else for (const line of statusLines(found)) output.line(line);
  return exitCodes.ok;
}

export function statusLines(found: CatalogueStatus): string[] {
  const { files, fileBytes, records, states, forgotten, segments, damagedFiles } = found;
  const rows = ROW_STATES.map((state) => [state, count(states[state].records), bytes(states[state].bytes)]);
  return [
    ...files.map(({ file, id }) => `${printable(file)}  ${id}`),
    `  ${bytes(fileBytes)}, ${plural(records, 'record')}, ${bytes(found.bytes)}; ${count(forgotten)} forgotten`,
    ...table(rows, [1, 2]),
    ...section('Lost', found.lost.map(recordLine), states.lost.records),
    `Last audit: ${found.lastAudit === null ? 'none' : time(found.lastAudit)}`,
    ...section('Parts', table(found.parts.slice(0, mostParts).map(partRow)), found.parts.length),
    ...section('Last passes', table(found.passes.map(passRow))),
    `Segments: ${segmentsText(segments)}`,
    ...section('Damaged, put aside', damagedFiles.map(printable)),
  ];
}

/** @param all how many there are, if `lines` are only the first */
function section(title: string, lines: readonly string[], all = lines.length): string[] {
  if (lines.length === 0) return [];
  const more = all > lines.length ? [`  … and ${count(all - lines.length)} more`] : [];
  return [`${title}:`, ...lines.map((line) => (line.startsWith('  ') ? line : `  ${line}`)), ...more];
}

function partRow({ name, records, audited, oldestProof, wrong }: PartStatus): string[] {
  return [
    printable(name),
    plural(records, 'record'),
    `${Math.floor((100 * audited) / records)} % audited`,
    oldestProof === null ? 'some were never compared' : `all compared since ${time(oldestProof)}`,
    wrong === 0 ? '' : `${count(wrong)} wrong`,
  ];
}

function passRow({ job, finishedAt, report }: CatalogueStatus['passes'][number]): string[] {
  const numbers = (report ?? {}) as Record<string, unknown>;
  const told = ['scanned', 'copied', 'removed', 'verified', 'failed', 'conflicts']
    .filter((key) => typeof numbers[key] === 'number' && numbers[key] > 0)
    .map((key) => `${key} ${count(Number(numbers[key]))}`);
  return [printable(job), time(new Date(finishedAt)), told.join(', ')];
}

function segmentsText({ enabled, url, last }: CatalogueStatus['segments']): string {
  const written = last === 0 ? 'none was written' : `the last one is number ${count(last)}`;
  if (!enabled) return `off (catalogue_segments); ${written}`;
  return `go to ${url === null ? 'the target' : printable(url)}; ${written}`;
}
