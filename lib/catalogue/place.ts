/** Where the catalogue's file is. */
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWithin } from '../config/mounts.js';
import { RESERVED_PREFIX } from '../rules/names.js';
import { nameFor, type Shard } from '../rules/sharding.js';

/** In the cache's root, unless `catalogue_path` names another place. */
export const CATALOGUE_NAME = `${RESERVED_PREFIX}catalogue`;

export interface CatalogueSettings {
  catalogue: boolean;
  cataloguePath?: string | undefined;
  cacheDirectory?: string | undefined;
}

/** Undefined: there is none. @throws nothing */
export function catalogueFile(
  { catalogue, cataloguePath, cacheDirectory }: CatalogueSettings,
  shard?: Shard,
): string | undefined {
  if (!catalogue) return undefined;
  const file = cataloguePath ?? (cacheDirectory && join(cacheDirectory, CATALOGUE_NAME));
  if (file === undefined) return undefined;
  // Each shard writes a file of its own: they may run on several machines.
  return nameFor(shard, file);
}

/** Does `catalogue_path` lie in the cache, under a name that isn't ours? */
export async function wouldBeRecord({ cataloguePath, cacheDirectory }: CatalogueSettings): Promise<boolean> {
  if (cataloguePath === undefined || cacheDirectory === undefined) return false;
  if (basename(cataloguePath) === CATALOGUE_NAME) return false;
  const [directory, cache] = await Promise.all([
    realPlace(dirname(cataloguePath)),
    realPlace(cacheDirectory),
  ]);
  return isWithin(directory, cache);
}

/** Without symbolic links, as far as it is there. */
async function realPlace(directory: string): Promise<string> {
  try {
    return await fs.realpath(directory);
  } catch (error) {
    const above = dirname(directory);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === directory) throw error;
    return join(await realPlace(above), basename(directory));
  }
}

/**
 * Network and cluster file systems, as statfs(2) numbers them: SQLite's shared memory and locks don't reach other machines there, and
 * some lose them (https://www.sqlite.org/wal.html, https://www.sqlite.org/howtocorrupt.html).
 */
const NETWORK = new Map<number, string>([
  ...([
    [0x6969, 'NFS'],
    [0x517b, 'SMB'],
    [0xff534d42, 'CIFS'],
    [0xfe534d42, 'SMB 2'],
  ] as const),
  ...([
    [0x0bd00bd0, 'Lustre'],
    [0x00c36400, 'Ceph'],
    [0x47504653, 'GPFS'],
    [0x65735546, 'FUSE'],
  ] as const),
  ...([
    [0x5346414f, 'AFS'],
    [0x01021997, '9p'],
    [0x19830326, 'BeeGFS'],
    [0x20030528, 'OrangeFS'],
  ] as const),
  ...([
    [0x01161970, 'GFS2'],
    [0x7461636f, 'OCFS2'],
    [0x73757245, 'Coda'],
  ] as const),
]);

/** The network file system that would hold the file; undefined if it is none, as far as Linux says. */
export async function networkFileSystem(file: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  for (let directory = dirname(file); ; directory = dirname(directory))
    try {
      return NETWORK.get((await fs.statfs(directory)).type >>> 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || directory === dirname(directory)) throw error;
    }
}
