/** Opens a catalogue for somebody who asks for it: what is missing or damaged is told with what to do about it. */
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Catalogue } from '../../catalogue/catalogue.js';
import { CatalogueError } from '../../catalogue/error.js';
import {
  missingText,
  NoCatalogue,
  openCatalogue,
  type CatalogueConfig,
  type OpenCatalogueOptions,
} from '../../catalogue/open_catalogue.js';
import { catalogueFile } from '../../catalogue/place.js';
import { shardsBeside } from '../../catalogue/shard_files.js';
import { openUnion, type CatalogueReader } from '../../catalogue/union.js';
import { ConfigError } from '../../config/errors.js';
import type { Shard } from '../../rules/sharding.js';

/** All files of the catalogue as one. @throws {ConfigError | CatalogueError} as openToRead() */
export async function openReader(
  config: CatalogueConfig,
  options: Pick<OpenCatalogueOptions, 'snapshot'> = {},
): Promise<CatalogueReader> {
  const file = fileOf(config);
  return await opened(file, () => openUnion(config, { ...options, unchecked: true }));
}

/**
 * Each shard of a pass writes a file of its own; undefined stands for the one of passes without shards. Never empty: where there is no
 * file, opening tells so.
 * @throws {ConfigError} if no catalogue is configured
 */
export async function shardsKept(config: CatalogueConfig): Promise<(Shard | undefined)[]> {
  const kept = await shardsBeside(fileOf(config));
  return kept.length === 0 ? [undefined] : kept;
}

/**
 * The catalogue as it is, of one shard: nothing is made, written or put aside.
 * @throws {ConfigError} if none is configured, there is none yet, or it is another archive's; {CatalogueError}
 */
export function openToRead(
  config: CatalogueConfig,
  options: Pick<OpenCatalogueOptions, 'adopt' | 'unchecked' | 'shard'> = {},
): Promise<Catalogue> {
  return open(config, { ...options, mode: 'read' });
}

/**
 * For changes that somebody asks for. A damaged file isn't put aside, as a pass would do: nobody who wanted to change a row wants an
 * empty catalogue.
 * @param make if there is none yet
 * @throws {ConfigError | CatalogueError} as openToRead()
 */
export async function openToChange(
  config: CatalogueConfig,
  { make = false, adopt = false, shard }: { make?: boolean; adopt?: boolean; shard?: Shard | undefined } = {},
): Promise<Catalogue> {
  const file = fileOf(config, shard);
  if (!make || (await hasContent(file))) await (await openToRead(config, { adopt, shard })).close();
  // Else a catalogue would be made on the wrong disk while the cache's isn't mounted.
  else if (!(await exists(dirname(file))))
    throw problem(`${dirname(file)}, where the catalogue belongs, does not exist`);
  return open(config, { mode: 'write', adopt, shard, unchecked: true });
}

/** @throws {ConfigError} if none is configured */
export function fileOf(config: CatalogueConfig, shard?: Shard): string {
  const file = catalogueFile(config, shard);
  if (file !== undefined) return file;
  throw problem(
    config.catalogue
      ? 'there is no place for a catalogue: set cache_directory or catalogue_path'
      : 'this archive keeps no catalogue: the configuration says "catalogue: false"',
  );
}

/** Is there a file? @throws {ConfigError} if none is configured */
export function isKept(config: CatalogueConfig): Promise<boolean> {
  return hasContent(fileOf(config));
}

async function open(config: CatalogueConfig, options: OpenCatalogueOptions): Promise<Catalogue> {
  return await opened(fileOf(config, options.shard), () => openCatalogue(config, options));
}

/** @param file that opening is about, unless an error tells of another one */
async function opened<C extends { close: unknown }>(
  file: string,
  openIt: () => Promise<C | NoCatalogue | undefined>,
): Promise<C> {
  let found: C | NoCatalogue | undefined;
  try {
    found = await openIt();
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    if (error.code === 'Unavailable' && !(await hasContent(error.file)))
      throw problem(missingText(error.file));
    throw error.code === 'Damaged' ? damaged(error) : error;
  }
  if (found === undefined) throw problem(missingText(file));
  if (found instanceof NoCatalogue) throw problem(found.reason);
  return found;
}

/** The same error with what to do. */
export function damaged({ file, message, cause }: CatalogueError): CatalogueError {
  const what = message.includes(file) ? message : `${file}: ${message}`;
  const advice =
    'the next pass of backup puts it aside and begins a new one; to keep what it knew, put a copy from before the damage in its place';
  return new CatalogueError('Damaged', file, `${what}; ${advice}`, { cause });
}

function problem(message: string): ConfigError {
  return new ConfigError([{ key: 'cataloguePath', message }]);
}

async function exists(path: string): Promise<boolean> {
  return (await fs.stat(path).catch(absent)) !== undefined;
}

/** SQLite makes an empty file before it writes anything. */
async function hasContent(file: string): Promise<boolean> {
  return ((await fs.stat(file).catch(absent))?.size ?? 0) > 0;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
