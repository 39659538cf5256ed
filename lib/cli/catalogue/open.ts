/** Opens an archive's catalogue for a command. Neither cache nor credentials are looked at, and libXrdCl isn't loaded. */
import type { ArchiveCatalogue } from '../../jobs/catalogue/archive_catalogue.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { Invocation } from '../invocation.js';
import { configOf } from '../configuration.js';
import type { ConfigOptions } from '../options.js';

export interface OpenedCatalogue {
  catalogue: ArchiveCatalogue;
  config: ArchiveConfig;
}

/** @throws {ConfigError} */
export async function openCatalogueOf(invocation: Invocation<ConfigOptions>): Promise<OpenedCatalogue> {
  const { config } = await configOf(invocation, { cache: false, checkAccess: false });
  const { ArchiveCatalogue } = await import('../../jobs/catalogue/archive_catalogue.js');
  return { catalogue: new ArchiveCatalogue(config), config };
}
