/** `catalogue check`: are the file's bytes and what its rows say right? */
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { plural, printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { openCatalogueOf } from './open.js';

export function addCheck(group: Command, session: Session): void {
  const command = group
    .command('check')
    .description(
      "check each byte of the catalogue's file, and each row against what a pass could have written",
    );
  addConfigOptions(command, USES.catalogue).action(action(session, check));
}

async function check(invocation: Invocation<ConfigOptions>): Promise<ExitCode> {
  const { output, screen, signal } = invocation;
  const { catalogue } = await openCatalogueOf(invocation);
  const found = await catalogue.check(signal);
  const { files, records, wrong, problems } = found;
  for (const { path, message } of problems)
    screen.note(`xrootd-archive: ${printable(path)}: ${printable(message)}`);
  if (output.json) output.object({ type: 'catalogue:check', ...found });
  else
    output.line(
      `${files.map(printable).join(', ')}: ${plural(records, 'record')}, ${wrong === 0 ? 'all is well' : `${plural(wrong, 'row')} wrong`}`,
    );
  return wrong === 0 ? exitCodes.ok : exitCodes.failures;
}
