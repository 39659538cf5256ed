/** `du`: how many files and bytes there are below each directory of the target. */
import type { Command } from 'commander';
import { DirectorySums, type DirectorySum } from '../directory_sums.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { bytes, count, printable, table } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { openListing } from '../remote_listing.js';
import { wholeNumber } from '../values.js';

type Options = ConfigOptions & { depth: number };

export function addDu(program: Command, session: Session): void {
  const command = program
    .command('du')
    .description(
      'sum up files and bytes below each directory of the target: all of them, and those that are online',
    )
    .argument('[path...]', "relative to the target's base; default: everything in it")
    .option('-d, --depth <number>', 'directories down to this level; 0: totals alone', wholeNumber, 1);
  addConfigOptions(command, USES.server).action(action(session, du));
}

async function du(invocation: Invocation<Options>, paths: string[]): Promise<ExitCode> {
  const { options, output } = invocation;
  const { entries, exitCode } = await openListing(invocation, paths, { recursive: true });
  const sums = new DirectorySums(paths, options.depth);
  for await (const entry of entries) sums.add(entry);
  const all = sums.all();
  if (output.json) for (const sum of all) output.object(sum);
  else for (const line of linesOf(all)) output.line(line);
  return output.closed ? exitCodes.ok : exitCode();
}

function linesOf(sums: readonly DirectorySum[]): string[] {
  const rows = sums.map(({ path, files, size, onlineFiles, onlineSize }) => [
    ...[bytes(size), count(files), bytes(onlineSize), count(onlineFiles)],
    printable(path),
  ]);
  return table([['size', 'files', 'online', 'files', 'directory'], ...rows], [0, 1, 2, 3], '');
}
