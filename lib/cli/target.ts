/**
 * Opens the target for a command that only looks. It does without the class Archive, whose module loads every job: a listing is to begin
 * at once.
 */
import type { ArchiveConfig } from '../config/index.js';
import { toldOfTape } from '../jobs/run/tape_told.js';
import { setupOf } from '../jobs/run/setup.js';
import type { LimitedStore } from '../remote/limited_store.js';
import { loggerFor } from './archive.js';
import { configOf } from './configuration.js';
import type { Invocation } from './invocation.js';
import { LateLogger } from './late_logger.js';
import type { ConfigOptions } from './options.js';

export interface OpenedTarget {
  config: ArchiveConfig;
  /** Its tape flags are what `tape_state` says. */
  store: LimitedStore;
  /** For the command's end. */
  logger: LateLogger;
}

/**
 * @param cache false: the cache needn't exist or be configured
 * @throws {ConfigError}
 */
export async function openTarget(
  invocation: Invocation<ConfigOptions>,
  { cache }: { cache: boolean },
): Promise<OpenedTarget> {
  const { config, file } = await configOf(invocation, { cache });
  const level = invocation.options.logLevel ?? config.logLevel;
  const logger = new LateLogger(level, () => loggerFor(invocation, config));
  logger.debug('the configuration was read', { file: file ?? 'none, only options' });
  if (config.retention !== undefined) {
    const { checkRetention } = await import('../jobs/retention/retention_settings.js');
    checkRetention(config, new Date());
  }
  const store = toldOfTape(await setupOf(config).open(), { config, logger });
  return { config, store, logger };
}
