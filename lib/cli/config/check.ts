/** `config check`: is the configuration right? Asks no server unless it is told to. */
import type { Command } from 'commander';
import { renameKeys, snakeCase } from '../../config/case.js';
import { redact } from '../../config/redact.js';
import { configOf } from '../configuration.js';
import type { ExitCode } from '../exit_codes.js';
import { Findings } from '../findings.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions } from '../options.js';

type Options = ConfigOptions & { online?: boolean; probe: boolean };

export function addConfigCheck(group: Command, session: Session): void {
  const check = group
    .command('check')
    .description(
      'check the configuration, the cache and the files with credentials, and print all settings, defaults included',
    )
    .option(
      '--online',
      'check the target too: login, checksums, tape flags, writing and removing a test file',
    )
    .option('--no-probe', 'with --online: write no test file to the target');
  addConfigOptions(check).action(action(session, checkConfig));
}

async function checkConfig(invocation: Invocation<Options>): Promise<ExitCode> {
  const { options, output, signal } = invocation;
  const loaded = await configOf(invocation);
  const { config, file } = loaded;
  const { checkRetention } = await import('../../jobs/retention/retention_settings.js');
  const { stringify } = await import('yaml');
  checkRetention(config, new Date());
  const block = redact(renameKeys(config, snakeCase)) as object;
  if (!output.json) {
    output.line(
      file === undefined ? '# correct; no file, only options' : `# ${file} is correct; with defaults it says`,
    );
    output.line(stringify({ backup: block }).trimEnd());
  }
  const findings = new Findings(output);
  if (options.online === true) {
    const { checkServer } = await import('../../doctor/doctor.js');
    if (!output.json) output.line('\n# the target');
    await findings.addAll(checkServer(loaded, { probe: options.probe, signal }));
  }
  if (output.json) {
    const online = options.online === true ? { findings: findings.all } : {};
    output.object({ type: 'config', file: file ?? null, backup: block, ...online });
  }
  return findings.exitCode;
}
