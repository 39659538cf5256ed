/** `config check`: is the configuration right? Asks no server. */
import type { Command } from 'commander';
import { renameKeys, snakeCase } from '../../config/case.js';
import { redact } from '../../config/redact.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { configOf } from '../configuration.js';
import { addConfigOptions, type ConfigOptions } from '../options.js';

export function addConfig(program: Command, session: Session): void {
  const group = program.command('config').description('look at the configuration');
  const check = group
    .command('check')
    .description(
      'check the configuration, the cache and the files with credentials, and print all settings, defaults included',
    );
  addConfigOptions(check).action(action(session, checkConfig));
}

async function checkConfig(invocation: Invocation<ConfigOptions>): Promise<ExitCode> {
  const { output } = invocation;
  const { config, file } = await configOf(invocation);
  const { checkRetention } = await import('../../jobs/retention/retention_settings.js');
  const { stringify } = await import('yaml');
  checkRetention(config, new Date());
  const block = redact(renameKeys(config, snakeCase)) as object;
  if (output.json) output.object({ type: 'config', file: file ?? null, backup: block });
  else {
    output.line(
      file === undefined ? '# correct; no file, only options' : `# ${file} is correct; with defaults it says`,
    );
    output.line(stringify({ backup: block }).trimEnd());
  }
  return exitCodes.ok;
}
