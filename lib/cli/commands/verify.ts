/** `verify`: is at the target what is here? Compares sizes and checksums, copies nothing. */
import path from 'node:path';
import { Option, type Command } from 'commander';
import type { VerifyOptions } from '../../index.js';
import type { ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { readLists } from '../lists.js';
import { addConfigOptions, addShardOption, type ConfigOptions, type ShardOption, USES } from '../options.js';
import { runPass } from '../pass.js';
import { addPathOptions, chosenPaths, type PathOptions } from '../path_options.js';
import { UsageError } from '../usage_error.js';
import { percentage } from '../values.js';

type Options = ConfigOptions &
  PathOptions &
  ShardOption &
  CatalogueOptions & { directory?: string; checksums?: string; sample?: number; seed?: string };

interface CatalogueOptions {
  catalogue?: boolean;
  extra?: boolean;
  sizesOnly?: boolean;
  samplePercent?: number;
  dryRun?: boolean;
}

/** Options that mean something with `--catalogue` alone. */
const ofCatalogue = {
  extra: '--extra',
  sizesOnly: '--sizes-only',
  samplePercent: '--sample-percent',
  dryRun: '--dry-run',
};

export function addVerify(program: Command, session: Session): void {
  const command = addPathOptions(program.command('verify'), '; default: everything')
    .description(
      'compare the cache, a restored tree, a list of checksums or the catalogue with the target; copies nothing',
    )
    .option('-d, --directory <directory>', 'compare this tree, not the cache')
    .addOption(
      new Option(
        '--checksums <file>',
        'compare a list: adler32:0123abcd  path a line; - is standard input',
      ).conflicts('directory'),
    )
    .addOption(
      new Option('--catalogue', 'compare what the catalogue remembers').conflicts(['directory', 'checksums']),
    )
    .option('--extra', 'with --catalogue: report also what only the server has')
    .option('--sizes-only', 'with --catalogue: ask for no checksums')
    .option(
      '--sample-percent <percent>',
      'with --catalogue: this part of it, from where the last such run ended: 1%',
      percentage,
    )
    .option('-n, --dry-run', "with --catalogue: don't write there what was found out")
    .option('--sample <percent>', 'only this part of the files, chosen by chance: 1%', percentage)
    .option('--seed <text>', 'what chance depends on: the same files with the same text');
  addConfigOptions(addShardOption(command), USES.both).action(action(session, verify));
}

async function verify(invocation: Invocation<Options>, given: string[]): Promise<ExitCode> {
  const { options, signal } = invocation;
  const { sample, seed, shard, dryRun, checksums } = options;
  if (checksums !== undefined && options.fromFile?.includes(checksums) === true)
    throw new UsageError('--checksums and --from-file name the same file');
  const { paths, list } = await chosenPaths(given, options, signal);
  const against = await sideOf(options, signal);
  const chosen = { against, list, sample, seed, shard, signal, dryRun };
  return runPass(invocation, (archive) => archive.verify(paths, chosen), { cache: 'cache' in against });
}

async function sideOf(
  { directory, checksums, catalogue, extra, sizesOnly, samplePercent, dryRun }: Options,
  signal: AbortSignal,
): Promise<NonNullable<VerifyOptions['against']>> {
  if (catalogue === true) return { catalogue, extra, bytes: sizesOnly !== true, samplePercent };
  const given = { extra, sizesOnly, samplePercent, dryRun };
  for (const [name, flag] of Object.entries(ofCatalogue))
    if (given[name as keyof typeof given] !== undefined) throw new UsageError(`${flag} needs --catalogue`);
  if (checksums !== undefined)
    return { checksums: await readLists('--checksums', [checksums], '\n', signal) };
  return directory === undefined ? { cache: true } : { directory: path.resolve(directory) };
}
