/** `tree`: what is at the target, drawn as a tree. */
import { Option, type Command } from 'commander';
import type { RemoteEntry } from '../../index.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { bytes, count, plural } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { openListing } from '../remote_listing.js';
import { inOrder, MOST_SORTED } from '../sorted.js';
import { treeLines, type TreeEntry } from '../tree_lines.js';
import { UsageError } from '../usage_error.js';
import { wholeNumber } from '../values.js';

type Options = ConfigOptions & { level?: number; dirsOnly?: boolean; size?: boolean };

export function addTree(program: Command, session: Session): void {
  const command = program
    .command('tree')
    .description('draw what is at the target as a tree')
    .argument('[path...]', "relative to the target's base; default: everything in it")
    .addOption(new Option('-L, --level <number>', 'only so many levels').argParser(wholeNumber))
    .option('-d, --dirs-only', 'directories alone')
    .option('-s, --size', 'with the size of each file, and whether it is on tape only');
  addConfigOptions(command, USES.server).action(action(session, tree));
}

async function tree(invocation: Invocation<Options>, paths: string[]): Promise<ExitCode> {
  const { options, output } = invocation;
  const { level = Infinity, dirsOnly, size } = options;
  const starts = paths.map((path) => path.replace(/^(?:\.\/)+|^\.$|\/+$/g, ''));
  const depthOf = (path: string) => {
    const start = starts.find((each) => path === each || path.startsWith(`${each}/`)) ?? '';
    const rest = start === '' ? path : path.slice(start.length + 1);
    return rest === '' ? 0 : rest.split('/').length;
  };
  const enters = (directory: string) => depthOf(directory) < level;
  const { entries, exitCode } = await openListing(invocation, paths, { recursive: level > 1, enters });
  const found: RemoteEntry[] = [];
  for await (const entry of entries) {
    if (dirsOnly === true && !entry.isDirectory) continue;
    if (output.json) output.object(entry);
    else if (found.push(entry) > MOST_SORTED)
      throw new UsageError(
        `there are more than ${count(MOST_SORTED)} entries: give a PATH, --level or --dirs-only; ls -R lists any number`,
      );
    if (output.closed) return exitCodes.ok;
  }
  if (!output.json) {
    for (const line of treeLines(inOrder(found).map((entry) => drawn(entry, size === true))))
      output.line(line);
    const directories = found.filter(({ isDirectory }) => isDirectory).length;
    const files = dirsOnly === true ? '' : `, ${plural(found.length - directories, 'file')}`;
    output.line('');
    output.line(plural(directories, 'directory', 'directories') + files);
  }
  return exitCode();
}

function drawn({ path, isDirectory, size, online }: RemoteEntry, sizes: boolean): TreeEntry {
  if (!sizes || isDirectory) return { path, isDirectory };
  return { path, isDirectory, label: `[${bytes(size).padStart(8)}${online ? '' : ', on tape'}]  ` };
}
