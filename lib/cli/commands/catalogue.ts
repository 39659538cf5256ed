/** `catalogue`: the archive's own memory, looked at and looked after. A file a subcommand, in `lib/cli/catalogue`. */
import type { Command } from 'commander';
import { addAdopt } from '../catalogue/adopt.js';
import { addCheck } from '../catalogue/check.js';
import { addExport } from '../catalogue/export.js';
import { addForget } from '../catalogue/forget.js';
import { addImport } from '../catalogue/import.js';
import { addRebuild } from '../catalogue/rebuild.js';
import { addStatus } from '../catalogue/status.js';
import type { Session } from '../invocation.js';

export function addCatalogue(program: Command, session: Session): void {
  const group = program.command('catalogue').description('what the archive remembers of its records');
  for (const add of [addStatus, addCheck, addExport, addImport, addForget, addAdopt, addRebuild])
    add(group, session);
}
