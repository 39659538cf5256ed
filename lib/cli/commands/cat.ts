/** `cat`: the bytes of one record, to standard output. */
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { openArchive } from '../archive.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions } from '../options.js';
import { UsageError } from '../usage_error.js';

type Options = ConfigOptions & { stage?: boolean };

const GONE = 'the reader has gone before the end: nothing says whether the bytes that it got are right';

export function addCat(program: Command, session: Session): void {
  const command = program
    .command('cat')
    .description(
      'write one record to standard output; the exit code is 0 only if its bytes are what server and catalogue say',
    )
    .argument('<path>', "the record's name, relative to the target's base")
    .option('-s, --stage', 'bring it from tape first, if it is offline');
  addConfigOptions(command).action(action(session, cat));
}

async function cat(invocation: Invocation<Options>, path: string): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  if (output.json) throw new UsageError('cat writes the bytes of a record: --json has no place there');
  const { archive } = await openArchive(invocation, { cache: false });
  const bytes = await archive.open(path, { stage: options.stage === true, signal });
  try {
    await pipeline(bytes, process.stdout, { end: false });
  } catch (error) {
    // `cat … | head`. Of any other failure to write, `output` tells.
    const isGone = (error as NodeJS.ErrnoException).code === 'EPIPE';
    if (!isGone && !output.closed) throw error;
    if (isGone) screen.note(`xrootd-archive: ${GONE}`);
    return exitCodes.failures;
  }
  return exitCodes.ok;
}
