/** `ls`: what is at the target. */
import type { Command } from 'commander';
import type { RemoteEntry } from '../../index.js';
import { openArchive } from '../archive.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { bytes, printable, time } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions } from '../options.js';

type Options = ConfigOptions & { long?: boolean; recursive?: boolean };

export function addLs(program: Command, session: Session): void {
  const command = program
    .command('ls')
    .description('list what is at the target')
    .argument('[path...]', "relative to the target's base; default: everything in it")
    .option('-l, --long', 'with size, time, and where it is: online or offline, tape')
    .option('-R, --recursive', 'descend into directories');
  addConfigOptions(command).action(action(session, ls));
}

async function ls(invocation: Invocation<Options>, paths: string[]): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  const { archive } = await openArchive(invocation, { cache: false });
  let failed = false;
  for await (const entry of archive.ls(paths, { recursive: options.recursive === true, signal })) {
    if (output.json) output.object(entry);
    if ('failed' in entry) {
      failed = true;
      screen.note(`xrootd-archive: ${printable(entry.path)}: ${printable(entry.message)}`);
    } else if (output.json) continue;
    else output.line(options.long === true ? longLine(entry) : nameOf(entry));
    if (output.closed) return exitCodes.ok;
  }
  if (signal.aborted) return exitCodes.interrupted;
  return failed ? exitCodes.failures : exitCodes.ok;
}

function nameOf({ path, isDirectory }: RemoteEntry): string {
  return printable(path) + (isDirectory ? '/' : '');
}

function longLine(entry: RemoteEntry): string {
  const { isDirectory, size, mtime, online, onTape, unfinished, reason = '' } = entry;
  const cells = [
    (isDirectory ? '' : online ? 'online' : 'offline').padEnd(7),
    (isDirectory || !onTape ? '' : 'tape').padEnd(4),
    (isDirectory ? '' : bytes(size)).padStart(8),
    time(mtime),
    nameOf(entry) + (unfinished === true ? `  (unfinished: ${printable(reason)})` : ''),
  ];
  return cells.join('  ');
}
