/** Opens the Archive for a command, with its configuration and a logger that writes above the progress bar. */
import type { Archive } from '../index.js';
import type { ArchiveConfig, Logger, LogLevel } from '../config/index.js';
import type { Invocation } from './invocation.js';
import { configOf } from './configuration.js';
import type { ConfigOptions } from './options.js';

export interface OpenedArchive {
  archive: Archive;
  config: ArchiveConfig;
  /** The configuration file that was read; undefined if there was none. */
  file: string | undefined;
}

export interface OpenOptions {
  /** Overrules the configured log level; `--log-level` overrules both. */
  level?: LogLevel;
  /** False: the cache needn't exist or be configured. Default true. */
  cache?: boolean;
}

export async function loggerFor(
  { options, screen }: Pick<Invocation<ConfigOptions>, 'options' | 'screen'>,
  config: ArchiveConfig,
  level?: LogLevel,
): Promise<Logger> {
  const { createLogger } = await import('../config/logger.js');
  return createLogger({
    level: options.logLevel ?? level ?? config.logLevel,
    json: config.logFormat === 'json',
    stream: screen.stream,
  });
}

/** @throws {ConfigError} */
export async function openArchive(
  invocation: Invocation<ConfigOptions>,
  { level, cache = true }: OpenOptions = {},
): Promise<OpenedArchive> {
  const { config, file } = await configOf(invocation, { cache });
  const logger = await loggerFor(invocation, config, level);
  logger.debug('the configuration was read', { file: file ?? 'none, only options' });
  // Loads the addon, which neither help nor a bad configuration needs.
  const { Archive } = await import('../index.js');
  return { archive: new Archive(config, { logger }), config, file };
}
