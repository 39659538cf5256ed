/** `restore`: back from tape. */
import { Option, type Command } from 'commander';
import type { ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, addShardOption, type ConfigOptions, type ShardOption, USES } from '../options.js';
import { runPass } from '../pass.js';
import {
  addPathOptions,
  addTimeOptions,
  namedPaths,
  type PathOptions,
  type TimeOptions,
} from '../path_options.js';
import { destination } from '../values.js';

type Options = ConfigOptions &
  PathOptions &
  TimeOptions &
  ShardOption & {
    to: string;
    overwrite?: boolean;
    evict?: boolean;
    fsync: boolean;
    wait?: boolean;
    dryRun?: boolean;
  };

export function addRestore(program: Command, session: Session): void {
  const to = new Option('--to <place>', 'a directory, made if it is missing, or root://server//base/path');
  const command = addPathOptions(program.command('restore'))
    .description('bring files back from tape: stage, copy, verify; what is there and identical is skipped')
    .addOption(to.argParser(destination).makeOptionMandatory());
  addTimeOptions(command)
    .option('--overwrite', 'replace files that differ; else they are conflicts')
    .option('--evict', 'evict from the disk buffer what was staged for this restore')
    .option('--no-fsync', "don't wait for the local disk before a file gets its name")
    .option('-w, --wait', 'wait for another restore into this directory to end, instead of being refused')
    .option('-n, --dry-run', 'stage and write nothing, tell what would be done');
  addConfigOptions(addShardOption(command), USES.download).action(
    action(session, restore, 'stopping cleanly: stage requests are cancelled, what is complete stays'),
  );
}

async function restore(invocation: Invocation<Options>, given: string[]): Promise<ExitCode> {
  const { options, signal } = invocation;
  const { to, since, until, overwrite, evict, fsync, wait, dryRun, shard } = options;
  const { paths, list } = await namedPaths(given, options, signal);
  const chosen = { to, list, since, until, overwrite, evict, fsync, wait, dryRun, shard, signal };
  return runPass(invocation, (archive) => archive.restore(paths, chosen), { cache: false });
}
