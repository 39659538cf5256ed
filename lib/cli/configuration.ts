/** The configuration of a command, and which file it comes from. */
import type { ArchiveConfig, LoadedConfig, LoadOptions } from '../config/index.js';
import { ConfigError } from '../config/errors.js';
import type { LocalConfig } from '../config/schema.js';
import type { Invocation } from './invocation.js';
import { overridesOf, type ConfigOptions } from './options.js';

type Asked = Pick<Invocation<ConfigOptions>, 'options' | 'screen'>;

/**
 * Loads the configuration file; options overrule it.
 * @throws {ConfigError} that names an option, not a key, where a value comes from an option
 */
export async function configOf(asked: Asked, load: LoadOptions = {}): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/load.js');
  return await loaded(asked, load, loadConfig);
}

/** As configOf(), for commands that look at this machine alone: a target needn't be configured. */
export async function localConfigOf(
  asked: Asked,
  load: LoadOptions = {},
): Promise<LoadedConfig<LocalConfig>> {
  const { loadLocalConfig } = await import('../config/load.js');
  return await loaded(asked, load, loadLocalConfig);
}

async function loaded<C extends ArchiveConfig | LocalConfig>(
  { options, screen }: Asked,
  load: LoadOptions,
  read: (
    file: string | undefined,
    overrides: ReturnType<typeof overridesOf>,
    load: LoadOptions,
  ) => Promise<LoadedConfig<C>>,
): Promise<LoadedConfig<C>> {
  const { config: named } = options;
  const file = named === false ? undefined : named;
  const files = named === false ? { defaultFiles: [] } : {};
  try {
    const found = await read(file, overridesOf(options), { ...load, ...files });
    const overruled = options.targetUrl !== undefined || options.cacheDirectory !== undefined;
    // Whoever names cache and target may not know that a file says more than that, auto_remove for one.
    if (found.file !== undefined && file === undefined && overruled)
      screen.note(
        `xrootd-archive: ${found.file} is read too, for all that no option says; --no-config leaves it out`,
      );
    return found;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { inWordsOf } = await import('./users_words.js');
    throw inWordsOf(error, options);
  }
}
