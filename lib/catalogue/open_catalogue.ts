/** Opens an archive's catalogue as its configuration says. */
import { ConfigError, type ArchiveConfig } from '../config/index.js';
import { parseTarget } from '../config/target.js';
import type { Shard } from '../rules/sharding.js';
import { Catalogue } from './catalogue.js';
import { CatalogueError } from './error.js';
import { CATALOGUE_NAME, catalogueFile, networkFileSystem, wouldBeRecord } from './place.js';

export type CatalogueConfig = Pick<
  ArchiveConfig,
  'catalogue' | 'cataloguePath' | 'cacheDirectory' | 'targetUrl'
>;

export interface OpenCatalogueOptions {
  /** `read`: nothing is made or written. */
  mode: 'read' | 'write';
  shard?: Shard | undefined;
  /** Take the file over although it belongs to another archive; with `read`: read it nevertheless. Default false. */
  adopt?: boolean;
  /** Its bytes aren't checked at opening, which takes a second for a million records. Default false. */
  unchecked?: boolean;
  /** With `read`: what it had at the opening, until it is closed: for a reader that is soon done. Default false. */
  snapshot?: boolean;
  /** Milliseconds since the epoch. Default: now. */
  now?: number;
}

/** Why an archive that didn't say otherwise has no catalogue. */
export class NoCatalogue {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export function missingText(file: string): string {
  return `there is no catalogue at ${file}: the first pass of backup makes one; catalogue rebuild, from what is at the target`;
}

/**
 * @returns undefined if the configuration wants none, or has no place for it
 * @throws {ConfigError} if it belongs to another archive, or `catalogue_path` is on a network file system; {CatalogueError} if it can't
 * be used
 */
export async function openCatalogue(
  config: CatalogueConfig,
  { mode, shard, adopt, unchecked, snapshot, now = Date.now() }: OpenCatalogueOptions,
): Promise<Catalogue | NoCatalogue | undefined> {
  const file = catalogueFile(config, shard);
  if (file === undefined) return undefined;
  const network = await networkFileSystem(file);
  if (network !== undefined) {
    const why = `SQLite isn't safe on a network file system (${network})`;
    if (config.cataloguePath === undefined)
      return new NoCatalogue(
        `no catalogue is kept: the cache is on a network file system (${network}), where SQLite isn't safe; ` +
          'give catalogue_path a place on a local disk, or say "catalogue: false"',
      );
    throw new ConfigError([{ key: 'cataloguePath', message: `${why}: give a path on a local disk` }]);
  }
  if (await wouldBeRecord(config))
    throw new ConfigError([
      {
        key: 'cataloguePath',
        message: `lies in the cache, where it would be archived and removed as a record: give it a place outside, or name it ${CATALOGUE_NAME}`,
      },
    ]);
  try {
    const target = identityOfTarget(config.targetUrl);
    const cache = config.cataloguePath === undefined ? undefined : config.cacheDirectory;
    return await Catalogue.open({ file, mode, target, cache, adopt, unchecked, snapshot, now });
  } catch (error) {
    if (error instanceof CatalogueError && error.code === 'OtherArchive')
      throw new ConfigError([{ key: 'cataloguePath', message: error.message }]);
    throw error;
  }
}

/** Host, port and base: the login and the protocol may change. */
export function identityOfTarget(url: string): string {
  const { host, port = 1094, base } = parseTarget(url);
  return `${host.toLowerCase()}:${port}/${base}`;
}
