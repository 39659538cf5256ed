/** `usage`: how full the cache's disk is. */
import type { Command } from 'commander';
import { diskUsage } from '../../cache/usage.js';
import { localConfigOf } from '../configuration.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { bytes, printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';

export function addUsage(program: Command, session: Session): void {
  addConfigOptions(
    program.command('usage').description("show how full the cache's disk is"),
    USES.disk,
  ).action(action(session, usage));
}

async function usage(invocation: Invocation<ConfigOptions>): Promise<ExitCode> {
  const { output } = invocation;
  const { config } = await localConfigOf(invocation, { cache: true });
  const { requireCache } = await import('../../config/validate.js');
  const disk = await diskUsage(requireCache(config));
  const warning = disk.usedPercent > config.warningMarkPercent;
  if (output.json) output.object({ type: 'usage', warning, ...disk });
  else {
    output.line(
      `${printable(requireCache(config))}: ${disk.usedPercent} % used, ` +
        `${bytes(disk.used)} of ${bytes(disk.used + disk.available)}, ${bytes(disk.available)} free`,
    );
    if (warning) output.line(`That is more than warning_mark_percent, ${config.warningMarkPercent} %.`);
  }
  return exitCodes.ok;
}
