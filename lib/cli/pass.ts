/** Runs a job and shows it: its events as JSON, or a progress bar and at the end a summary. */
import type { Archive, Report } from '../index.js';
import { openArchive, type OpenOptions } from './archive.js';
import { paintedSummary } from './colours.js';
import { exitCodes, type ExitCode } from './exit_codes.js';
import type { Invocation } from './invocation.js';
import type { ConfigOptions } from './options.js';
import { Plan } from './plan.js';
import { summary } from './summary.js';

/** Runs a job that ends with a report, and returns its exit code. */
export async function runPass(
  invocation: Invocation<ConfigOptions>,
  job: (archive: Archive) => Promise<Report>,
  options: OpenOptions = {},
): Promise<ExitCode> {
  const { output, screen } = invocation;
  const bar = screen.isTerminal && !output.json;
  // A log line for each file would hide the bar; --log-level brings them back.
  const { archive, config, file } = await openArchive(invocation, {
    ...(bar && { level: 'warn' }),
    ...options,
  });
  if (bar && file !== undefined) screen.note(`configuration: ${file}`);
  show(invocation, archive, config.settleSeconds);
  if (bar) screen.showBar();
  try {
    return exitCodeOfReport(await job(archive));
  } finally {
    screen.hideBar();
    await archive.settled();
  }
}

export function exitCodeOfReport({ interrupted, failed, conflicts }: Report): ExitCode {
  if (interrupted) return exitCodes.interrupted;
  return failed + conflicts > 0 ? exitCodes.failures : exitCodes.ok;
}

function show({ output, screen }: Invocation<ConfigOptions>, archive: Archive, settleSeconds: number): void {
  if (output.json) {
    archive.onAny((event) => {
      output.object(event);
    });
    return;
  }
  let plan: Plan | undefined;
  archive.on('pass:started', ({ job, dryRun }) => {
    // The list of retention is its own, and a comparison plans nothing.
    if (dryRun && job !== 'retention' && job !== 'verify') archive.onAny((plan = new Plan(output)).add);
  });
  archive.on('progress', (event) => {
    screen.progress(event);
  });
  // A pass that lost its server has a report too, before it throws.
  archive.on('pass:finished', ({ report }) => {
    screen.hideBar();
    plan?.end();
    // If nothing was scanned, the error message is enough.
    if (report.error === undefined || report.scanned > 0)
      for (const line of paintedSummary(summary(report, settleSeconds), report, output.paint))
        output.line(line);
  });
}
