/** `stage`: from tape to the server's disk buffer, for others to read. */
import type { Command } from 'commander';
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

type Options = ConfigOptions & PathOptions & TimeOptions & ShardOption & { wait?: boolean; dryRun?: boolean };

export function addStage(program: Command, session: Session): void {
  const command = addTimeOptions(addPathOptions(program.command('stage')))
    .description("ask for files to be brought from tape to the server's disk buffer; copies nothing")
    .option('-w, --wait', 'until each is online or has failed')
    .option('-n, --dry-run', 'ask for nothing, tell what would be asked for');
  addConfigOptions(addShardOption(command), USES.staging).action(
    action(session, stage, 'stopping cleanly: requests that are waited for are cancelled'),
  );
}

async function stage(invocation: Invocation<Options>, given: string[]): Promise<ExitCode> {
  const { options, signal } = invocation;
  const { since, until, wait, dryRun, shard } = options;
  const { paths, list } = await namedPaths(given, options, signal);
  const chosen = { list, since, until, wait, dryRun, shard, signal };
  return runPass(invocation, (archive) => archive.stage(paths, chosen), { cache: false });
}
