/** `evict`: gives up the disk buffer's copies of files on tape. */
import type { Command } from 'commander';
import type { ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { runPass } from '../pass.js';
import {
  addPathOptions,
  addTimeOptions,
  namedPaths,
  type PathOptions,
  type TimeOptions,
} from '../path_options.js';

type Options = ConfigOptions & PathOptions & TimeOptions & { dryRun?: boolean };

export function addEvict(program: Command, session: Session): void {
  const command = addTimeOptions(addPathOptions(program.command('evict')))
    .description("give up the server's disk buffer copies of files that are on tape")
    .option('-n, --dry-run', 'evict nothing, tell what would be done');
  addConfigOptions(command, USES.staging).action(action(session, evict));
}

async function evict(invocation: Invocation<Options>, given: string[]): Promise<ExitCode> {
  const { options, signal } = invocation;
  const { since, until, dryRun } = options;
  const { paths, list } = await namedPaths(given, options, signal);
  const chosen = { list, since, until, dryRun, signal };
  return runPass(invocation, (archive) => archive.evict(paths, chosen), { cache: false });
}
