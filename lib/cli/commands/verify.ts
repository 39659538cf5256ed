/** `verify`: is at the target what is here? Compares sizes and checksums, copies nothing. */
import path from 'node:path';
import { Option, type Command } from 'commander';
import type { VerifyOptions } from '../../index.js';
import type { ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { readLists } from '../lists.js';
import { addConfigOptions, addShardOption, type ConfigOptions, type ShardOption } from '../options.js';
import { runPass } from '../pass.js';
import { addPathOptions, chosenPaths, type PathOptions } from '../path_options.js';
import { UsageError } from '../usage_error.js';
import { percentage } from '../values.js';

type Options = ConfigOptions &
  PathOptions &
  ShardOption & { directory?: string; checksums?: string; sample?: number; seed?: string };

export function addVerify(program: Command, session: Session): void {
  const command = addPathOptions(program.command('verify'), '; default: everything')
    .description('compare the cache, a restored tree or a list of checksums with the target; copies nothing')
    .option('-d, --directory <directory>', 'compare this tree, not the cache')
    .addOption(
      new Option(
        '--checksums <file>',
        'compare a list: adler32:0123abcd  path a line; - is standard input',
      ).conflicts('directory'),
    )
    .option('--sample <percent>', 'only this part of the files, chosen by chance: 1%', percentage)
    .option('--seed <text>', 'what chance depends on: the same files with the same text');
  addConfigOptions(addShardOption(command)).action(action(session, verify));
}

async function verify(invocation: Invocation<Options>, given: string[]): Promise<ExitCode> {
  const { options, signal } = invocation;
  const { directory, checksums, sample, seed, shard } = options;
  if (checksums !== undefined && options.fromFile?.includes(checksums) === true)
    throw new UsageError('--checksums and --from-file name the same file');
  const { paths, list } = await chosenPaths(given, options, signal);
  const against = await sideOf({ directory, checksums }, signal);
  const chosen = { against, list, sample, seed, shard, signal };
  return runPass(invocation, (archive) => archive.verify(paths, chosen), { cache: 'cache' in against });
}

async function sideOf(
  { directory, checksums }: Pick<Options, 'directory' | 'checksums'>,
  signal: AbortSignal,
): Promise<NonNullable<VerifyOptions['against']>> {
  if (checksums !== undefined)
    return { checksums: await readLists('--checksums', [checksums], '\n', signal) };
  return directory === undefined ? { cache: true } : { directory: path.resolve(directory) };
}
