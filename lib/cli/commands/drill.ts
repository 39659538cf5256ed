/** `drill`: reads a sample back from tape, compares it, and deletes it. */
import type { Command } from 'commander';
import type { ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { runPass } from '../pass.js';
import {
  addPathOptions,
  addTimeOptions,
  chosenPaths,
  type PathOptions,
  type TimeOptions,
} from '../path_options.js';
import { byteCount, wholeNumber } from '../values.js';

interface DrillFlags {
  files?: number;
  bytes?: number;
  scratch?: string;
  evictFirst?: boolean;
  seed?: string;
  dryRun?: boolean;
}

type Options = ConfigOptions & PathOptions & TimeOptions & DrillFlags;

export function addDrill(program: Command, session: Session): void {
  const command = addTimeOptions(addPathOptions(program.command('drill'), '; default: everything'))
    .description('disaster drill: read a random sample back from tape, compare checksums, evict, clean up')
    .option('--files <number>', 'most files to draw (default: 10, or no bound with --bytes)', wholeNumber)
    .option('--bytes <size>', 'most bytes to draw, as 500MB, 10G', byteCount)
    .option('--scratch <directory>', "where its scratch directory is made (default: the system's)")
    .option('--evict-first', 'also draw files in the disk buffer, and evict them first')
    .option('--seed <text>', 'the same text draws the same files')
    .option('-n, --dry-run', 'stage and read nothing, tell what would be done');
  addConfigOptions(command, USES.download).action(
    action(session, drill, 'stopping cleanly: stage requests are cancelled, the scratch directory goes'),
  );
}

async function drill(invocation: Invocation<Options>, given: string[]): Promise<ExitCode> {
  const { options, signal } = invocation;
  const { since, until, files, bytes, scratch, evictFirst, seed, dryRun } = options;
  const { paths, list } = await chosenPaths(given, options, signal);
  const chosen = { list, since, until, files, bytes, scratch, evictFirst, seed, dryRun, signal };
  return runPass(invocation, (archive) => archive.drill(paths, chosen), { cache: false });
}
