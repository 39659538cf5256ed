/** The command line as a whole, with every command. */
import type { Command } from 'commander';
import { bareProgram } from './bare_program.js';
import { addBackup } from './commands/backup.js';
import { addCat } from './commands/cat.js';
import { addCatalogue } from './commands/catalogue.js';
import { addCompletion } from './commands/completion.js';
import { addConfig } from './commands/config.js';
import { addDoctor } from './commands/doctor.js';
import { addDrill } from './commands/drill.js';
import { addDu } from './commands/du.js';
import { addEvict } from './commands/evict.js';
import { addFind } from './commands/find.js';
import { addLs } from './commands/ls.js';
import { addMan } from './commands/man.js';
import { addRestore } from './commands/restore.js';
import { addRetention } from './commands/retention.js';
import { addRun } from './commands/run.js';
import { addSandbox } from './commands/sandbox.js';
import { addStage } from './commands/stage.js';
import { addStatus } from './commands/status.js';
import { addTree } from './commands/tree.js';
import { addUsage } from './commands/usage.js';
import { addVerify } from './commands/verify.js';
import type { Session } from './invocation.js';

export function makeProgram(session: Session): Command {
  const program = bareProgram();
  const commands = [
    ...[addBackup, addRestore, addStatus, addLs, addTree, addDu, addFind, addCat, addStage, addEvict],
    ...[addVerify, addDrill, addRetention, addCatalogue, addRun, addUsage, addConfig, addDoctor],
    ...[addSandbox, addCompletion, addMan],
  ];
  for (const add of commands) add(program, session);
  return program;
}
