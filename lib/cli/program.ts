/** The command line as a whole. */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { addBackup } from './commands/backup.js';
import { addCat } from './commands/cat.js';
import { addCatalogue } from './commands/catalogue.js';
import { addConfig } from './commands/config.js';
import { addDrill } from './commands/drill.js';
import { addEvict } from './commands/evict.js';
import { addFind } from './commands/find.js';
import { addLs } from './commands/ls.js';
import { addRestore } from './commands/restore.js';
import { addRetention } from './commands/retention.js';
import { addRun } from './commands/run.js';
import { addSandbox } from './commands/sandbox.js';
import { addStage } from './commands/stage.js';
import { addStatus } from './commands/status.js';
import { addUsage } from './commands/usage.js';
import { addVerify } from './commands/verify.js';
import { exitCodes, type ExitCode } from './exit_codes.js';
import { exitCodeOf } from './failure.js';
import type { Session } from './invocation.js';
import { addGlobalOptions } from './options.js';

const epilogue = `
Exit codes: 0 all as asked, 1 finished but files failed or conflict, 2 bad usage or configuration,
3 the server can't be reached or refuses us, 4 another pass runs, 130 interrupted after a clean stop.`;

export function makeProgram(session: Session): Command {
  const program = new Command('xrootd-archive')
    .description("Gets a facility's data safely onto tape over XRootD, and back")
    .version(versionOfPackage(), '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', epilogue);
  addGlobalOptions(program);
  const commands = [
    ...[addBackup, addRestore, addStatus, addLs, addFind, addCat, addStage, addEvict],
    ...[addVerify, addDrill, addRetention, addCatalogue, addRun, addUsage, addConfig, addSandbox],
  ];
  for (const add of commands) add(program, session);
  return program;
}

/** Runs a command line (without node and script) and resolves with its exit code. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const session: Session = { exitCode: exitCodes.ok };
  try {
    await makeProgram(session).parseAsync(args, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    // Help, version, or a usage error: commander has already printed it.
    if (error instanceof CommanderError) return exitCodeOf(error);
    throw error;
  }
}

function versionOfPackage(): string {
  const require = createRequire(import.meta.url);
  return (require('xrootd-archive/package.json') as { version: string }).version;
}
