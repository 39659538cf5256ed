/** The options that select files: paths, globs, lists and times. */
import { Option, type Command } from 'commander';
import { readLists } from './lists.js';
import { UsageError } from './usage_error.js';
import { moment } from './values.js';

export interface PathOptions {
  fromFile?: string[];
  null?: boolean;
}

export interface TimeOptions {
  since?: Date;
  until?: Date;
}

export interface ChosenPaths {
  /** Paths and globs. */
  paths: string[];
  /** Plain paths, from lists; undefined where no list was given. */
  list: string[] | undefined;
}

export function addPathOptions(command: Command, others = ''): Command {
  const list = new Option(
    '--from-file <file>',
    'a list of paths, one a line; - is standard input; repeatable',
  );
  const collect = (file: string, files: string[] = []): string[] => [...files, file];
  return command
    .argument('[path...]', `files, directories, quoted globs, relative to the target's base${others}`)
    .addOption(list.argParser(collect))
    .option('-0, --null', 'the paths in lists are separated by NUL bytes, not by lines');
}

export function addTimeOptions(command: Command): Command {
  return command
    .option(
      '--since <time>',
      'only files of this time or later: 2026-03-01, 2026-03-01T12:30Z, 3d, P3Y',
      moment,
    )
    .option('--until <time>', 'only files of before this time', moment);
}

/**
 * For commands that don't default to everything: having no path at all is a mistake.
 * @throws {UsageError} also for what can't be a path at the target
 */
export async function namedPaths(
  given: readonly string[],
  options: PathOptions & TimeOptions,
  signal: AbortSignal,
): Promise<ChosenPaths> {
  if (given.length === 0 && options.fromFile === undefined)
    throw new UsageError('name the files: PATH… or --from-file FILE; . is everything');
  return chosenPaths(given, options, signal);
}

/** @throws {UsageError} for what can't be a path at the target */
export async function chosenPaths(
  given: readonly string[],
  { fromFile, null: separatedByNull = false, since, until }: PathOptions & TimeOptions,
  signal: AbortSignal,
): Promise<ChosenPaths> {
  if (separatedByNull && fromFile === undefined) throw new UsageError('--null goes with --from-file');
  if (since !== undefined && until !== undefined && since >= until)
    throw new UsageError('--until must be after --since');
  const paths = [...given];
  const list = fromFile && (await readLists('--from-file', fromFile, separatedByNull ? '\0' : '\n', signal));
  const { rootsOf } = await import('../rules/selection.js');
  try {
    rootsOf(paths, list);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  return { paths, list };
}
