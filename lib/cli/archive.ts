/** Opens the Archive for a command, with its configuration and a logger that writes above the progress bar. */
import type { Archive } from '../index.js';
import { createLogger, type ArchiveConfig, type Logger, type LogLevel } from '../config/index.js';
import type { Invocation } from './invocation.js';
import { configOf, type ConfigOptions } from './options.js';

export interface OpenedArchive {
  archive: Archive;
  config: ArchiveConfig;
}

export interface OpenOptions {
  /** Overrules the configured log level; `--log-level` overrules both. */
  level?: LogLevel;
  /** False: the cache needn't exist or be configured. Default true. */
  cache?: boolean;
}

export function loggerFor(
  { options, screen }: Pick<Invocation<ConfigOptions>, 'options' | 'screen'>,
  config: ArchiveConfig,
  level?: LogLevel,
): Logger {
  return createLogger({
    level: options.logLevel ?? level ?? config.logLevel,
    json: config.logFormat === 'json',
    stream: screen.stream,
  });
}

/** @throws {ConfigError} */
export async function openArchive(
  { options, screen }: Invocation<ConfigOptions>,
  { level, cache = true }: OpenOptions = {},
): Promise<OpenedArchive> {
  const { config } = await configOf(options, { cache });
  const logger = loggerFor({ options, screen }, config, level);
  // Loads the addon, which neither help nor a bad configuration needs.
  const { Archive } = await import('../index.js');
  return { archive: new Archive(config, { logger }), config };
}
