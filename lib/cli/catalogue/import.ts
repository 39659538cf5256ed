/** `catalogue import`: brings in what another catalogue exported, or a list of checksums. */
import { Option, type Command } from 'commander';
import type { ImportOptions } from '../../jobs/catalogue/import.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { count, plural, printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { linesOf, standardInput } from '../lists.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { openCatalogueOf } from './open.js';

type Options = ConfigOptions & Pick<ImportOptions, 'format' | 'asRead' | 'dryRun'>;

export function addImport(group: Command, session: Session): void {
  const command = group
    .command('import')
    .description('bring in what another catalogue exported, or a list of checksums')
    .argument('<path>', 'a file of JSON lines or checksums; - is standard input')
    .addOption(
      new Option('--format <format>', 'default: as the first line looks').choices(['jsonl', 'checksums']),
    )
    .option('--as-read', "the list's checksums are of the records' bytes, not only the server's word")
    .option('-n, --dry-run', 'check the lines, and change nothing');
  addConfigOptions(command, USES.catalogue).action(action(session, importFile));
}

async function importFile(invocation: Invocation<Options>, file: string): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  const { format, asRead, dryRun = false } = options;
  const { catalogue } = await openCatalogueOf(invocation);
  const settings = { format, asRead, signal };
  // All lines are checked before the first is written. Standard input can be read once only.
  if (!dryRun && file !== standardInput)
    await catalogue.import(linesOf(file, signal), { ...settings, dryRun: true });
  const result = await catalogue.import(linesOf(file, signal), { ...settings, dryRun });
  const { imported, failed, failures } = result;
  for (const { path, message } of failures)
    screen.note(`xrootd-archive: ${printable(path)}: ${printable(message)}`);
  if (failed > failures.length) screen.note(`xrootd-archive: … and ${count(failed - failures.length)} more`);
  if (output.json) output.object({ type: 'catalogue:import', dryRun, ...result });
  else
    output.line(
      `${plural(imported, 'record')} ${dryRun ? 'would be imported' : 'imported'}, ${count(failed)} failed`,
    );
  return failed === 0 ? exitCodes.ok : exitCodes.failures;
}
