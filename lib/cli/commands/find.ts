/** `find`: what the archive remembers of its records. Asks no server. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ROW_STATES, type RowState } from '../../catalogue/row.js';
import { openCatalogueOf } from '../catalogue/open.js';
import { recordLine } from '../catalogue/record_line.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import {
  addPathOptions,
  addTimeOptions,
  chosenPaths,
  type PathOptions,
  type TimeOptions,
} from '../path_options.js';
import { byteCount } from '../values.js';

type Options = ConfigOptions & PathOptions & TimeOptions & { state?: RowState[]; minSize?: number };

export function addFind(program: Command, session: Session): void {
  const command = addTimeOptions(addPathOptions(program.command('find'), '; default: everything'))
    .description(
      'find records in the catalogue: where each is and since when, its size, time and checksum; asks no server',
    )
    .addOption(
      new Option('--state <state>', `only records that are ${ROW_STATES.join(', ')}; repeatable`).argParser(
        states,
      ),
    )
    .option('--min-size <size>', 'only records of this size or more, as 500MB', byteCount);
  addConfigOptions(command, USES.catalogue).action(action(session, find));
}

async function find(invocation: Invocation<Options>, given: string[]): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  const { since, until, state, minSize } = options;
  const { paths, list } = await chosenPaths(given, options, signal);
  const { catalogue } = await openCatalogueOf(invocation);
  let failed = false;
  for await (const item of catalogue.find(paths, { list, since, until, states: state, minSize, signal })) {
    if (output.json) output.object(item);
    if ('failed' in item) {
      failed = true;
      screen.note(`xrootd-archive: ${printable(item.path)}: ${printable(item.message)}`);
    } else if (!output.json) output.line(recordLine(item));
    if (output.closed) return exitCodes.ok;
  }
  return failed ? exitCodes.failures : exitCodes.ok;
}

function states(text: string, before: RowState[] = []): RowState[] {
  const words = text.split(',').map((word) => word.trim());
  const known = (word: string): word is RowState => (ROW_STATES as readonly string[]).includes(word);
  if (!words.every(known)) throw new InvalidArgumentError(`It must be one of ${ROW_STATES.join(', ')}.`);
  return [...before, ...words];
}
