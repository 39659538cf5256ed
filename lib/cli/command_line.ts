/** Runs a command line. The module of the command that is asked for is loaded, and no other: a listing is to begin at once. */
import { CommanderError, type Command } from 'commander';
import { bareProgram } from './bare_program.js';
import { exitCodes, type ExitCode } from './exit_codes.js';
import { exitCodeOf } from './failure.js';
import type { Session } from './invocation.js';

type Add = (program: Command, session: Session) => void;

/** The commands of program.ts, but for those that tell of all others. */
export const loaders: Readonly<Record<string, () => Promise<Add>>> = {
  backup: async () => (await import('./commands/backup.js')).addBackup,
  restore: async () => (await import('./commands/restore.js')).addRestore,
  status: async () => (await import('./commands/status.js')).addStatus,
  ls: async () => (await import('./commands/ls.js')).addLs,
  tree: async () => (await import('./commands/tree.js')).addTree,
  du: async () => (await import('./commands/du.js')).addDu,
  find: async () => (await import('./commands/find.js')).addFind,
  cat: async () => (await import('./commands/cat.js')).addCat,
  stage: async () => (await import('./commands/stage.js')).addStage,
  evict: async () => (await import('./commands/evict.js')).addEvict,
  verify: async () => (await import('./commands/verify.js')).addVerify,
  drill: async () => (await import('./commands/drill.js')).addDrill,
  retention: async () => (await import('./commands/retention.js')).addRetention,
  catalogue: async () => (await import('./commands/catalogue.js')).addCatalogue,
  run: async () => (await import('./commands/run.js')).addRun,
  usage: async () => (await import('./commands/usage.js')).addUsage,
  config: async () => (await import('./commands/config.js')).addConfig,
  doctor: async () => (await import('./commands/doctor.js')).addDoctor,
  sandbox: async () => (await import('./commands/sandbox.js')).addSandbox,
};

/** Runs a command line (without node and script) and resolves with its exit code. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const session: Session = { exitCode: exitCodes.ok };
  try {
    await (await programFor(args, session)).parseAsync(args, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    // Help, version, or a usage error: commander has already printed it.
    if (error instanceof CommanderError) return exitCodeOf(error);
    throw error;
  }
}

/** Whatever doesn't begin with a command, help and misspelt commands too, needs all of them. */
async function programFor([first = '']: readonly string[], session: Session): Promise<Command> {
  const load = Object.hasOwn(loaders, first) ? loaders[first] : undefined;
  if (load === undefined) return (await import('./program.js')).makeProgram(session);
  const program = bareProgram();
  (await load())(program, session);
  return program;
}
