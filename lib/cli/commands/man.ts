/** `man`: manual pages, made from the commands' definitions. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { epilogue, versionOfPackage } from '../bare_program.js';
import { EXAMPLES } from '../examples.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import type { BaseOptions } from '../options.js';

type Options = BaseOptions & { output?: string };

/** @param program has every command when the command runs */
export function addMan(program: Command, session: Session): void {
  program
    .command('man')
    .description('print the manual page, or write those of all commands')
    .option('-o, --output <directory>', 'write xrootd-archive.1 and a page of each command there')
    .action(action(session, (invocation: Invocation<Options>) => man(invocation, program)));
}

async function man({ options, output }: Invocation<Options>, program: Command): Promise<ExitCode> {
  const [{ manPages }, { modelOf }] = await Promise.all([
    import('../completion/man.js'),
    import('../completion/model.js'),
  ]);
  const pages = manPages(modelOf(program), {
    ...{ version: versionOfPackage(), examples: EXAMPLES, epilogue },
  });
  if (options.output === undefined) output.line(pages[0]?.text.trimEnd() ?? '');
  else {
    await mkdir(options.output, { recursive: true });
    for (const { file, text } of pages) await writeFile(path.join(options.output, file), text);
  }
  return exitCodes.ok;
}
