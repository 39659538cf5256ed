/** The command line without its commands. */
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { examplesText } from './examples.js';
import { paint } from './colours.js';
import { addGlobalOptions } from './options.js';
import { write } from './gone_reader.js';

export const epilogue = `
Exit codes: 0 all as asked, 1 finished but files failed or conflict, 2 bad usage or configuration,
3 the server can't be reached or refuses us, 4 another pass runs, 130 interrupted after a clean stop.`;

/** Commander leaves the colours out where there is no terminal, and with NO_COLOR. */
const help = {
  styleTitle: (text: string) => paint('bold', text),
  styleCommandText: (text: string) => paint('cyan', text),
  styleSubcommandTerm: (text: string) => paint('cyan', text),
  styleOptionTerm: (text: string) => paint('cyan', text),
};

export function bareProgram(): Command {
  const program = new Command('xrootd-archive')
    .description("Gets a facility's data safely onto tape over XRootD, and back")
    .version(versionOfPackage(), '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp(help)
    .configureOutput({
      writeOut: (text) => {
        write(process.stdout, text);
      },
      writeErr: (text) => {
        write(process.stderr, text);
      },
    })
    .addHelpText('after', epilogue)
    .addHelpText('afterAll', ({ command }) => examplesText(command));
  return addGlobalOptions(program);
}

export function versionOfPackage(): string {
  const require = createRequire(import.meta.url);
  return (require('xrootd-archive/package.json') as { version: string }).version;
}
