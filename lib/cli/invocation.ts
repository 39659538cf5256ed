/** Runs a command's handler: signals, output, errors, exit code. */
import type { Command } from 'commander';
import type { BaseOptions } from './options.js';
import { exitCodes, type ExitCode } from './exit_codes.js';
import { ConfigError } from '../config/errors.js';
import { exitCodeOf, messageOf } from './failure.js';
import { Interrupt, stopSignals } from './interrupt.js';
import { Output } from './output.js';
import { Screen } from './screen.js';

export interface Invocation<O extends BaseOptions> {
  options: O;
  output: Output;
  screen: Screen;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  signal: AbortSignal;
}

export type Handler<O extends BaseOptions> = (
  invocation: Invocation<O>,
  ...values: never[]
) => Promise<ExitCode>;

/** Collects the exit code of the command that ran. */
export interface Session {
  exitCode: ExitCode;
}

/**
 * Wraps a handler as an action for commander.
 * @param stopping what is printed at the first signal
 * @param signals that ask the command to stop
 */
export function action<O extends BaseOptions>(
  session: Session,
  handler: Handler<O>,
  stopping = 'stopping cleanly',
  signals = stopSignals,
) {
  return async (...args: unknown[]): Promise<void> => {
    const command = args.at(-1) as Command;
    const options = mergedOptions(command) as O;
    const values = args.slice(0, -2) as never[];
    session.exitCode = await perform(options, values, handler, stopping, signals);
  };
}

async function perform<O extends BaseOptions>(
  options: O,
  values: never[],
  handler: Handler<O>,
  stopping: string,
  signals: readonly NodeJS.Signals[],
): Promise<ExitCode> {
  const screen = new Screen();
  const output = new Output(process.stdout, options.json === true);
  const interrupt = new Interrupt((name) => {
    screen.note(`xrootd-archive: ${name}, ${stopping}; once more ends it at once`);
  }, signals);
  let code: ExitCode;
  try {
    code = await handler({ options, output, screen, signal: interrupt.signal }, ...values);
  } catch (error) {
    screen.hideBar();
    code = interrupt.happened ? exitCodes.interrupted : exitCodeOf(error);
    if (code !== exitCodes.interrupted) {
      const told = error instanceof ConfigError ? await named(error, options) : error;
      screen.error(messageOf(told, options.logLevel === 'debug'));
    }
  }
  await output.flush();
  interrupt.dispose();
  if (output.failure !== undefined) {
    screen.note(`xrootd-archive: standard output can't be written to: ${output.failure.message}`);
    if (code === exitCodes.ok) code = exitCodes.failures;
  }
  return code;
}

async function named(error: ConfigError, options: object): Promise<ConfigError> {
  const { inWordsOf } = await import('./users_words.js');
  return inWordsOf(error, options);
}

/** Adds the options that stand before the command, which must be options of the command too; those after it win. */
function mergedOptions(command: Command): object {
  const program = rootOf(command);
  const own = new Set(command.options.map((option) => option.attributeName()));
  for (const option of program.options) {
    const name = option.attributeName();
    if (
      program.getOptionValue(name) !== undefined &&
      program.getOptionValueSource(name) === 'cli' &&
      !own.has(name)
    ) {
      command.error(`error: option '${option.flags}' is not an option of '${command.name()}'`);
    }
  }
  return { ...program.opts(), ...command.opts() };
}

function rootOf(command: Command): Command {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return root;
}
