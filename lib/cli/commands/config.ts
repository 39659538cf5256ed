/** `config …`: make a configuration, and look at it. */
import type { Command } from 'commander';
import { addConfigCheck } from '../config/check.js';
import { addConfigInit } from '../config/init.js';
import type { Session } from '../invocation.js';

export function addConfig(program: Command, session: Session): void {
  const group = program.command('config').description('make a configuration, or look at it');
  addConfigCheck(group, session);
  addConfigInit(group, session);
}
