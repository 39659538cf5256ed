#!/usr/bin/env node
/** `npm run demo [-- FOLDER]`: a record's way to tape and back, on this machine, told step by step. */
import { parseArgs } from 'node:util';
import { exitCodes, type ExitCode } from '../lib/cli/exit_codes.js';
import { exitCodeOf, messageOf } from '../lib/cli/failure.js';
import { Interrupt } from '../lib/cli/interrupt.js';
import { Screen } from '../lib/cli/screen.js';
import { tell, type DemoOptions } from './story.js';
import { Workplace } from './workplace.js';

const help = `Usage: npm run demo [-- [options] [FOLDER]]

Shows how records get onto tape and back, with a server and a tape simulated on this machine.

  FOLDER          work on a copy of this folder's files instead of made records; the folder isn't touched
  --large <n>     records of 200 MB to make (default 3)
  --small <n>     small records to make (default 200)
  -h, --help      this text
`;

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), 5000).unref();

async function main(args: string[]): Promise<ExitCode> {
  const screen = new Screen();
  const options = optionsOf(args);
  if (typeof options === 'string') {
    (options === help ? process.stdout : process.stderr).write(options);
    return options === help ? exitCodes.ok : exitCodes.usage;
  }
  const interrupt = new Interrupt(() => {
    screen.note('\nStopping, and removing everything that this demonstration made …');
  });
  try {
    await using workplace = await Workplace.make(options);
    return (await tell(workplace, options, screen, interrupt.signal)) ? exitCodes.ok : exitCodes.failures;
  } catch (error) {
    screen.hideBar();
    if (interrupt.happened) return exitCodes.interrupted;
    screen.note(messageOf(error, false));
    const code = exitCodeOf(error);
    return code === exitCodes.ok ? exitCodes.failures : code;
  } finally {
    interrupt.dispose();
  }
}

function optionsOf(args: string[]): DemoOptions | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        large: { type: 'string', default: '3' },
        small: { type: 'string', default: '200' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return help;
    const [large, small] = [Number(values.large), Number(values.small)];
    const counts = Number.isInteger(large) && Number.isInteger(small) && large >= 0 && small >= 0;
    if (!counts || large + small === 0)
      return `--large and --small must be whole numbers, not both 0\n\n${help}`;
    if (positionals.length > 1) return `one folder at most\n\n${help}`;
    const [folder] = positionals;
    const options: DemoOptions = { large, small, ...(folder === undefined ? {} : { folder }) };
    return options;
  } catch (error) {
    return `${(error as Error).message}\n\n${help}`;
  }
}
