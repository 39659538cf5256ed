/** `catalogue forget`: takes rows out, with a reason that is kept. */
import { Option, type Command } from 'commander';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { plural, printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { readLists } from '../lists.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { UsageError } from '../usage_error.js';
import { openCatalogueOf } from './open.js';
import { recordLine } from './record_line.js';

type Options = ConfigOptions & { reason: string; dryRun?: boolean; fromFile?: string[]; null?: boolean };

export function addForget(group: Command, session: Session): void {
  const collect = (file: string, files: string[] = []): string[] => [...files, file];
  const command = group
    .command('forget')
    .description('take records out of the catalogue; what was known of them is kept with the reason')
    .argument('[path...]', 'whole names of records; no directories, no globs')
    .requiredOption('--reason <text>', 'why; it is kept')
    .addOption(
      new Option(
        '--from-file <file>',
        'a list of names, one a line; - is standard input; repeatable',
      ).argParser(collect),
    )
    .option('-0, --null', 'the names in lists are separated by NUL bytes, not by lines')
    .option('-n, --dry-run', 'change nothing, and tell what would be forgotten');
  addConfigOptions(command, USES.catalogue).action(action(session, forget));
}

async function forget(invocation: Invocation<Options>, given: string[]): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  const { reason, dryRun = false } = options;
  const paths = await names(given, options, signal);
  const { catalogue } = await openCatalogueOf(invocation);
  const { forgotten, unknown } = await catalogue.forget(paths, { reason, dryRun, signal });
  for (const record of forgotten) {
    if (output.json)
      output.object({ type: dryRun ? 'catalogue:would-forget' : 'catalogue:forgotten', ...record });
    else output.line(`${dryRun ? 'would be forgotten' : 'forgotten'}  ${recordLine(record)}`);
    if (record.inCache)
      screen.note(
        `xrootd-archive: ${printable(record.path)}: its record is still in the cache, and is noted anew when a pass compares or removes it`,
      );
  }
  for (const path of unknown)
    screen.note(`xrootd-archive: ${printable(path)}: the catalogue has no record of this name`);
  if (!output.json)
    output.line(`${plural(forgotten.length, 'record')} ${dryRun ? 'would be forgotten' : 'forgotten'}`);
  return unknown.length === 0 ? exitCodes.ok : exitCodes.failures;
}

async function names(
  given: readonly string[],
  { fromFile, null: separatedByNull = false }: Options,
  signal: AbortSignal,
): Promise<string[]> {
  if (separatedByNull && fromFile === undefined) throw new UsageError('--null goes with --from-file');
  if (given.length === 0 && fromFile === undefined)
    throw new UsageError('name the records: PATH… or --from-file FILE');
  const listed =
    fromFile && (await readLists('--from-file', fromFile, separatedByNull ? '\0' : '\n', signal));
  return [...given, ...(listed ?? [])];
}
