/** Selects the files that the caller named: by pattern, plain path or time. */
import { ConfigError, type ArchiveConfig } from '../../config/index.js';
import { checkPaths } from '../../config/option_values.js';
import type { RemoteStore } from '../../remote/store.js';
import { printableName } from '../../rules/names.js';
import { recordTime } from '../../rules/known_record.js';
import { selector, type Selector } from '../../rules/selection.js';
import { inShard, type Shard } from '../../rules/sharding.js';
import { list, type ListItem, type RemoteEntry } from './list.js';
import type { Failure } from '../events/report.js';
import { uploadLook } from './uploads.js';

export interface SelectionOptions {
  /** Plain paths, in which no letter is special, beside the patterns. */
  list?: readonly string[] | undefined;
  /** Only files whose time is not before: a restore's and a drill's by the catalogue, else the server's. */
  since?: Date | undefined;
  /** Only files whose time is before. */
  until?: Date | undefined;
}

export const SELECTION_OPTIONS = { list: true, since: true, until: true } as const;

/**
 * @param paths files, directories or globs, relative to the target's base; `.`, and none without a list, is everything
 * @throws {ConfigError}
 */
export function selection(
  paths: readonly string[],
  { list: plain, since, until }: SelectionOptions,
): Selector {
  checkPaths(paths);
  try {
    return selector({ patterns: paths.length === 0 ? undefined : paths, paths: plain, since, until });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ConfigError([{ key: '', message: error.message }]);
  }
}

/**
 * As selection(), for jobs that change something on the server: there an empty list is an error, and doesn't mean everything.
 * @throws {ConfigError}
 */
export function namedSelection(paths: readonly string[], options: SelectionOptions): Selector {
  checkPaths(paths);
  if (paths.length === 0 && options.list === undefined)
    throw new ConfigError([{ key: '', message: 'no paths given; "." is everything' }]);
  return selection(paths, options);
}

/**
 * The selected files, and failures for what could not be listed or statted. What was named and doesn't exist is reported by one shard
 * only; what can't be listed by every shard, since files of each may be below it.
 * @param more adds to the listing what else is known
 */
export async function* selectedFiles(
  store: RemoteStore,
  selects: Selector,
  config: Pick<ArchiveConfig, 'parallelStats' | 'cacheDirectory'>,
  signal: AbortSignal,
  shard?: Shard,
  more: (listed: AsyncIterable<ListItem>) => AsyncIterable<ListItem> = (listed) => listed,
): AsyncGenerator<ListItem, void, undefined> {
  const failed = new Set<string>();
  const only = (path: string) => selects.names(path) && inShard(path, shard);
  const options = {
    recursive: true,
    enters: selects.directoryMayMatch,
    only,
    signal,
    upload: uploadLook(config),
  };
  for await (const item of more(list(store, selects.roots, config.parallelStats, options))) {
    if ('failed' in item) {
      failed.add(item.path);
      yield item;
      continue;
    }
    if (item.isDirectory) continue;
    const { path } = item;
    const mtime = recordTime(item.row) ?? item.mtime;
    if (selects.undecided(mtime)) yield timeless(path);
    else if (selects({ path, mtime })) yield item;
  }
  for (const path of missing(selects.unmatched(), failed, shard))
    yield { path, code: 'NotFound', message: 'nothing on the server is named so', failed: true };
}

/** A failure: if it were left out silently, nobody would notice that it is missing. */
function timeless(path: string): Failure & { failed: true } {
  const message =
    'no date holds its time of change on the server: since and until cannot say whether it is meant';
  return { path: printableName(path), code: 'BadTime', message, failed: true };
}

/** Turns files that are known to be unfinished into failures. */
export async function* finishedFiles(
  items: AsyncIterable<ListItem>,
): AsyncGenerator<ListItem, void, undefined> {
  for await (const item of items) {
    const failure = 'failed' in item ? undefined : unfinished(item);
    yield failure === undefined ? item : { ...failure, failed: true };
  }
}

/** The failure of a file that is known not to be the whole record; undefined for all others. */
export function unfinished({ path, unfinished: is, reason = '' }: RemoteEntry): Failure | undefined {
  return is && { path: printableName(path), code: 'Unfinished', message: reason };
}

/** Named paths that matched nothing. The base itself may be empty, and what has failed already isn't reported twice. */
export function missing(
  unmatched: readonly string[],
  told: ReadonlySet<string>,
  shard: Shard | undefined,
): string[] {
  return unmatched.filter((given) => {
    const components = given.split('/').filter((component) => component !== '' && component !== '.');
    const path = components.join('/');
    return path !== '' && !told.has(path) && inShard(path, shard);
  });
}
