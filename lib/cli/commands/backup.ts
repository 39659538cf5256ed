/** `backup`: one pass over the cache. */
import type { Command } from 'commander';
import type { ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, addShardOption, type ConfigOptions, type ShardOption } from '../options.js';
import { runPass } from '../pass.js';

type Options = ConfigOptions & ShardOption & { dryRun?: boolean; wait?: boolean };

export function addBackup(program: Command, session: Session): void {
  const command = program
    .command('backup')
    .description('copy what is in the cache to the target, and remove what may go')
    .option('-n, --dry-run', 'change nothing, tell what would be done')
    .option('-w, --wait', 'wait for another pass to end, instead of being refused');
  addConfigOptions(addShardOption(command)).action(
    action(session, backup, 'stopping cleanly: copies that run are cancelled, nothing is lost'),
  );
}

function backup(invocation: Invocation<Options>): Promise<ExitCode> {
  const { options, signal } = invocation;
  const { shard, dryRun, wait } = options;
  return runPass(invocation, (archive) => archive.backup({ signal, shard, dryRun, wait }));
}
