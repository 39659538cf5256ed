/** `catalogue adopt`: the catalogue belongs to this configuration from now on. */
import type { Command } from 'commander';
import type { CatalogueOwner } from '../../jobs/catalogue/adopt.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions } from '../options.js';
import { openCatalogueOf } from './open.js';

export function addAdopt(group: Command, session: Session): void {
  const command = group
    .command('adopt')
    .description('take the catalogue over for this configuration, after cache or target have moved');
  addConfigOptions(command).action(action(session, adopt));
}

async function adopt(invocation: Invocation<ConfigOptions>): Promise<ExitCode> {
  const { output } = invocation;
  const { catalogue } = await openCatalogueOf(invocation);
  const adopted = await catalogue.adopt();
  const { file, before, now, changed } = adopted;
  if (output.json) output.object({ type: 'catalogue:adopt', ...adopted });
  else if (!changed)
    output.line(`${printable(file)} belongs to this configuration already; nothing was changed`);
  else {
    output.line(`${printable(file)} belongs to this configuration now`);
    for (const what of ['target', 'cache'] as const)
      if (before[what] !== now[what])
        output.line(`  ${what}: ${shown(before, what)} before, ${shown(now, what)} now`);
    output.line('What it says was found out before: "verify --catalogue" compares it with the target.');
  }
  return exitCodes.ok;
}

function shown(owner: CatalogueOwner, what: keyof CatalogueOwner): string {
  return owner[what] === '' ? 'the one that it lies in' : printable(owner[what]);
}
