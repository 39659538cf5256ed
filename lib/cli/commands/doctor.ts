/** `doctor`: checks the whole chain, each link with what to do. */
import type { Command } from 'commander';
import { ConfigError } from '../../config/errors.js';
import type { LoadedConfig } from '../../config/index.js';
import { failed, ok, warning, type Finding } from '../../doctor/finding.js';
import { checkAddon, checkNode } from '../../doctor/program.js';
import { configOf } from '../configuration.js';
import type { ExitCode } from '../exit_codes.js';
import { Findings } from '../findings.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { nodeProblem } from '../node_version.js';
import { addConfigOptions, type ConfigOptions } from '../options.js';

type Options = ConfigOptions & { offline?: boolean; probe: boolean };

export function addDoctor(program: Command, session: Session): void {
  const command = program
    .command('doctor')
    .description('check the whole chain, from Node.js to the tape flags of the target, and say what to do')
    .option('--offline', 'ask no server')
    .option('--no-probe', 'write no test file to the target');
  addConfigOptions(command).action(action(session, doctor));
}

async function doctor(invocation: Invocation<Options>): Promise<ExitCode> {
  const { options, output, signal } = invocation;
  const findings = new Findings(output);
  const { node } = process.versions;
  findings.add(checkNode(node, nodeProblem(node)));
  const addon = await checkAddon();
  await findings.addAll(addon);
  const loaded = await configuration(invocation, findings);
  if (loaded !== undefined) {
    const { checkLocal, checkServer } = await import('../../doctor/doctor.js');
    await findings.addAll(checkLocal(loaded));
    const usable = addon.every(({ result }) => result !== 'failed');
    if (usable && options.offline !== true)
      await findings.addAll(checkServer(loaded, { probe: options.probe, signal }));
  }
  if (output.json) output.object({ type: 'doctor', findings: findings.all });
  else output.line(findings.summary);
  return findings.exitCode;
}

async function configuration(
  invocation: Invocation<Options>,
  findings: Findings,
): Promise<LoadedConfig | undefined> {
  try {
    const loaded = await configOf(invocation, { checkAccess: false });
    findings.add(ok('configuration', loaded.file ?? 'only options, no file'));
    return loaded;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await findings.addAll(mistakes(error, invocation.options));
    return undefined;
  }
}

function mistakes({ file, message }: ConfigError, { config, targetUrl }: Options): Finding[] {
  const check = 'configuration';
  if (file === undefined && config === undefined && targetUrl === undefined)
    return [warning(check, message, 'make one: xrootd-archive config init')];
  return message
    .split('\n')
    .map((line) => failed(check, line, 'correct it: docs/configuration.md has every key'));
}
