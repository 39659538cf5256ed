/** `catalogue rebuild`: makes the catalogue anew, from what is on the server. */
import { Option, type Command } from 'commander';
import type { ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, addShardOption, type ConfigOptions, type ShardOption, USES } from '../options.js';
import { runPass } from '../pass.js';

type Options = ConfigOptions &
  ShardOption & { from?: 'segments' | 'listing'; archive?: string; checksums?: boolean; wait?: boolean };

export function addRebuild(group: Command, session: Session): void {
  const command = group
    .command('rebuild')
    .description(
      'make the catalogue anew, from its segments at the target and from the listing of the target',
    )
    .addOption(
      new Option(
        '--from <source>',
        'only: segments, which passes have sent there, or listing (default: segments, then the listing for what they lack)',
      ).choices(['segments', 'listing']),
    )
    .option('--archive <id>', 'the catalogue whose segments are read, if there are several')
    .option('--checksums', "ask for the server's checksum of each file of the listing")
    .option('--wait', 'wait for a running pass to end');
  addConfigOptions(addShardOption(command), USES.rebuild).action(action(session, rebuild));
}

async function rebuild(invocation: Invocation<Options>): Promise<ExitCode> {
  const { options, signal } = invocation;
  const { from, archive: id, checksums, shard, wait } = options;
  const chosen = { from, archive: id, checksums, shard, wait, signal };
  return runPass(invocation, (archive) => archive.rebuild(chosen), { cache: false });
}
