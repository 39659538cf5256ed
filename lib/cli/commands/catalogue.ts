/** `catalogue`: the archive's own memory, looked at and looked after. A file a subcommand, in `lib/cli/catalogue`. */
import type { Command } from 'commander';
import { addRebuild } from '../catalogue/rebuild.js';
import type { Session } from '../invocation.js';

export function addCatalogue(program: Command, session: Session): void {
  const group = program.command('catalogue').description('what the archive remembers of its records');
  for (const add of [addRebuild]) add(group, session);
}
