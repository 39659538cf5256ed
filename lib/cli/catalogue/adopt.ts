/** `catalogue adopt`: the catalogue belongs to this configuration from now on. */
import type { Command } from 'commander';
import type { Adoption, CatalogueOwner } from '../../jobs/catalogue/adopt.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { openCatalogueOf } from './open.js';

export function addAdopt(group: Command, session: Session): void {
  const command = group
    .command('adopt')
    .description('take the catalogue over for this configuration, after cache or target have moved');
  addConfigOptions(command, USES.catalogue).action(action(session, adopt));
}

async function adopt(invocation: Invocation<ConfigOptions>): Promise<ExitCode> {
  const { output } = invocation;
  const { catalogue } = await openCatalogueOf(invocation);
  for (const adopted of await catalogue.adopt())
    if (output.json) output.object({ type: 'catalogue:adopt', ...adopted });
    else for (const line of linesOf(adopted)) output.line(line);
  return exitCodes.ok;
}

function linesOf({ file, before, now, changed }: Adoption): string[] {
  if (!changed) return [`${printable(file)} belongs to this configuration already; nothing was changed`];
  const owners = (['target', 'cache'] as const).filter((what) => before[what] !== now[what]);
  return [
    `${printable(file)} belongs to this configuration now`,
    ...owners.map((what) => `  ${what}: ${shown(before, what)} before, ${shown(now, what)} now`),
    'What it says was found out before: "verify --catalogue" compares it with the target.',
  ];
}

function shown(owner: CatalogueOwner, what: keyof CatalogueOwner): string {
  return owner[what] === '' ? 'the one that it lies in' : printable(owner[what]);
}
