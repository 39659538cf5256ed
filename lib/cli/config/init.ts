/** `config init`: writes a commented configuration file from options, and asks on a terminal for what they don't say. */
import type { Command } from 'commander';
import { action, type Session } from '../invocation.js';
import { addBaseOptions } from '../options.js';
import { ownOptions, type InitOptions } from './own_options.js';

export function addConfigInit(group: Command, session: Session): void {
  const command = group
    .command('init')
    .description(
      'write a commented configuration file, from options and, on a terminal, from answers to questions',
    )
    .option('-o, --output <file>', 'the file to write; - is standard output', './xrootd-archive.yaml')
    .option('-f, --force', 'replace a file that is there');
  for (const option of ownOptions()) command.addOption(option);
  addBaseOptions(command).action(
    action<InitOptions>(session, async (invocation) => {
      const { writeConfiguration } = await import('./write_configuration.js');
      return await writeConfiguration(invocation);
    }),
  );
}
