/** `ls`: what is at the target. */
import type { Command } from 'commander';
import type { RemoteEntry } from '../../index.js';
import type { Paint } from '../colours.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { bytes, count, plural, printable, time } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { openListing } from '../remote_listing.js';
import { sortedByPath } from '../sorted.js';

type Options = ConfigOptions & { long?: boolean; recursive?: boolean };

export function addLs(program: Command, session: Session): void {
  const command = program
    .command('ls')
    .description('list what is at the target')
    .argument('[path...]', "relative to the target's base; default: everything in it")
    .option('-l, --long', 'with size, time, and where it is: online or offline, tape; and a total')
    .option('-R, --recursive', 'descend into directories');
  addConfigOptions(command, USES.server).action(action(session, ls));
}

async function ls(invocation: Invocation<Options>, paths: string[]): Promise<ExitCode> {
  const { options, output, screen } = invocation;
  const { entries, exitCode } = await openListing(invocation, paths, {
    recursive: options.recursive === true,
  });
  const listed = output.json
    ? entries
    : sortedByPath(entries, (most) => {
        screen.note(`xrootd-archive: more than ${count(most)} entries: listed as they come, not sorted`);
      });
  const total = { files: 0, directories: 0, size: 0 };
  for await (const entry of listed) {
    if (entry.isDirectory) total.directories += 1;
    else [total.files, total.size] = [total.files + 1, total.size + entry.size];
    if (output.json) output.object(entry);
    else output.line(options.long === true ? longLine(entry, output.paint) : nameOf(entry, output.paint));
    if (output.closed) return exitCodes.ok;
  }
  if (options.long === true && !output.json) output.line(totalLine(total));
  return exitCode();
}

function totalLine({ files, directories, size }: Record<'files' | 'directories' | 'size', number>): string {
  const also = directories === 0 ? '' : `; ${plural(directories, 'directory', 'directories')}`;
  return `total ${plural(files, 'file')}, ${bytes(size)}${also}`;
}

function nameOf({ path, isDirectory }: RemoteEntry, paint: Paint): string {
  return isDirectory ? `${paint('blue', printable(path))}/` : printable(path);
}

function longLine(entry: RemoteEntry, paint: Paint): string {
  const { isDirectory, size, mtime, online, onTape, unfinished, reason = '' } = entry;
  const cells = [
    (isDirectory ? '' : online ? 'online' : 'offline').padEnd(7),
    (isDirectory || !onTape ? '' : 'tape').padEnd(4),
    (isDirectory ? '' : bytes(size)).padStart(8),
    time(mtime),
    nameOf(entry, paint) + (unfinished === true ? `  (unfinished: ${printable(reason)})` : ''),
  ];
  return cells.join('  ');
}
