/** `completion`: scripts for shells, made from the commands' definitions. */
import type { Command } from 'commander';
import type { ModelCommand } from '../completion/model.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import type { BaseOptions } from '../options.js';

type Make = (commands: readonly ModelCommand[]) => string;

const shells: Readonly<Record<string, () => Promise<Make>>> = {
  bash: async () => (await import('../completion/bash.js')).bashScript,
  zsh: async () => (await import('../completion/zsh.js')).zshScript,
  fish: async () => (await import('../completion/fish.js')).fishScript,
};

/** @param program has every command when the command runs */
export function addCompletion(program: Command, session: Session): void {
  const group = program
    .command('completion')
    .description('print a script that completes commands and options');
  for (const [shell, load] of Object.entries(shells))
    group
      .command(shell)
      .description(`for ${shell}`)
      .action(
        action(session, async ({ output }: Invocation<BaseOptions>): Promise<ExitCode> => {
          const [make, { modelOf }] = await Promise.all([load(), import('../completion/model.js')]);
          output.line(make(modelOf(program)).trimEnd());
          return exitCodes.ok;
        }),
      );
}
