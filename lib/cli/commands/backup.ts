/** `backup`: one pass over the cache. */
import type { Command } from 'commander';
import type { Archive, Report } from '../../index.js';
import { openArchive } from '../archive.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions } from '../options.js';
import { summary } from '../summary.js';

type Options = ConfigOptions & { dryRun?: boolean };

export function addBackup(program: Command, session: Session): void {
  const command = program
    .command('backup')
    .description('copy what is in the cache to the target, and remove what may go')
    .option('-n, --dry-run', 'change nothing, tell what would be done');
  addConfigOptions(command).action(
    action(session, backup, 'stopping cleanly: copies that run are cancelled, nothing is lost'),
  );
}

async function backup(invocation: Invocation<Options>): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  const bar = screen.isTerminal && !output.json;
  // A line a file would leave nothing of the bar; whoever wants them says so.
  const { archive } = await openArchive(invocation, bar ? 'warn' : undefined);
  show(invocation, archive);
  if (bar) screen.showBar();
  try {
    return exitCodeOfReport(await archive.backup({ signal, dryRun: options.dryRun === true }));
  } finally {
    screen.hideBar();
  }
}

export function exitCodeOfReport({ interrupted, failed, conflicts }: Report): ExitCode {
  if (interrupted) return exitCodes.interrupted;
  return failed + conflicts > 0 ? exitCodes.failures : exitCodes.ok;
}

function show({ output, screen }: Invocation<Options>, archive: Archive): void {
  if (output.json) {
    archive.onAny((event) => {
      output.object(event);
    });
    return;
  }
  archive.on('progress', (event) => {
    screen.progress(event);
  });
  // A pass that lost its server has a report too, before it throws.
  archive.on('pass:finished', ({ report }) => {
    screen.hideBar();
    // With nothing done the error alone says it all.
    if (report.error === undefined || report.scanned > 0)
      for (const line of summary(report)) output.line(line);
  });
}
