/** `run`: the service. Passes by the configured schedule, until a signal ends it. */
import { once } from 'node:events';
import type { Command } from 'commander';
import type { Archive } from '../../index.js';
import type { Logger } from '../../config/index.js';
import type { Systemd } from '../../service/systemd.js';
import { loggerFor } from '../archive.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { configOf } from '../configuration.js';
import { addConfigOptions, type ConfigOptions } from '../options.js';

export function addRun(program: Command, session: Session): void {
  const command = program
    .command('run')
    .description('the service: backup passes by copy_cron_string; SIGHUP reads the configuration again');
  addConfigOptions(command).action(
    action(session, run, 'stopping cleanly: a pass that runs gets its grace time and is then cancelled', [
      'SIGINT',
      'SIGTERM',
    ]),
  );
}

async function run(invocation: Invocation<ConfigOptions>): Promise<ExitCode> {
  const { output, signal } = invocation;
  const { config, file } = await configOf(invocation, { cache: true });
  let current = await loggerFor(invocation, config);
  const logger: Logger = {
    debug: (...line) => current.debug(...line),
    info: (...line) => current.info(...line),
    warn: (...line) => current.warn(...line),
    error: (...line) => current.error(...line),
  };
  const [{ Archive }, { Systemd }] = await Promise.all([
    import('../../index.js'),
    import('../../service/systemd.js'),
  ]);
  const archive = new Archive(config, { logger });
  if (output.json) archive.onAny((event) => output.object(event));
  const systemd = new Systemd(logger);
  reportStatus(archive, systemd);
  const reload = async () => {
    systemd.reloading();
    try {
      const loaded = await configOf(invocation, { cache: true });
      archive.reconfigure(loaded.config);
      current = await loggerFor(invocation, loaded.config);
      logger.info('the configuration was read anew', { file: loaded.file });
    } catch (error) {
      logger.error(`the configuration is refused, the old one stays: ${(error as Error).message}`);
    }
    systemd.ready();
  };
  // One after the other, so that the configuration that was read last is used.
  let reloads = Promise.resolve();
  const onHangUp = () => {
    reloads = reloads.then(reload);
  };
  process.on('SIGHUP', onHangUp);
  try {
    await archive.start();
    const { copyCronString: schedule, timezoneStr: timezone } = config;
    logger.info('service started', { file, schedule, timezone });
    systemd.ready();
    if (!signal.aborted) await once(signal, 'abort');
    systemd.stopping();
    await archive.stop();
    logger.info('service stopped');
    return exitCodes.ok;
  } finally {
    process.removeListener('SIGHUP', onHangUp);
    systemd.close();
  }
}

/** For `systemctl status`. */
function reportStatus(archive: Archive, systemd: Systemd): void {
  archive.on('pass:started', ({ job }) => {
    systemd.status(`${job} is running`);
  });
  archive.on('pass:scheduled', ({ job, at }) => {
    systemd.status(`next pass ${at} (${job})`);
  });
}
