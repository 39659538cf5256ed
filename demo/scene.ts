/** What every step of the story works with, and a job below the bar. */
import type { Archive, Report } from '../lib/index.js';
import type { TapeSandbox } from '../lib/sandbox/index.js';
import type { Screen } from '../lib/cli/screen.js';
import { summary } from '../lib/cli/summary.js';
import type { Narrator } from './narrator.js';
import type { TapeGate } from './tape.js';

export interface Scene {
  narrator: Narrator;
  screen: Screen;
  archive: Archive;
  sandbox: TapeSandbox;
  gate: TapeGate;
  signal: AbortSignal;
}

/** Runs a job with the archive's own bar; tells its summary only if something is wrong. */
export async function pass(
  { archive, screen, narrator, signal }: Scene,
  job: () => Promise<Report>,
): Promise<Report> {
  const stop = archive.on('progress', (event) => {
    screen.progress(event);
  });
  screen.showBar();
  let report: Report;
  try {
    report = await job();
  } finally {
    stop();
    screen.hideBar();
  }
  signal.throwIfAborted();
  if (report.failed + report.conflicts > 0) for (const line of summary(report)) narrator.line(`   ${line}`);
  return report;
}
