/** Lists all directories below the target's base, with their identifiers. */
import { joinPath } from '../../cache/directory.js';
import { TWO_KINDS } from '../../remote/listings.js';
import type { RemoteStore } from '../../remote/store.js';
import { RESERVED_PREFIX } from '../../rules/names.js';
import { XRootDError } from '../../xrdcl/index.js';
import type { Numbered } from './paths_by_number.js';

/**
 * The base comes first. A directory that can't be entered is left out with all below it: nothing in it can be a copy.
 * @param from relative to the base
 * @throws {XRootDError} when one can be entered, but not listed; when the server is gone; the signal's reason
 */
export async function* remoteDirectories(
  store: Pick<RemoteStore, 'list' | 'stat' | 'statMany'>,
  signal: AbortSignal,
  from = '',
): AsyncGenerator<Numbered<string>, void, undefined> {
  if (from === '') {
    const base = await store.stat('', signal);
    if (base !== null) yield { path: '', number: base.id };
  }
  const names = new Set<string>();
  try {
    for await (const { path, isDirectory, problem } of store.list(from, signal))
      // What may be a directory is walked: the target's files could be in it.
      if (isDirectory && (problem === undefined || problem === TWO_KINDS)) names.add(path);
  } catch (error) {
    if (await mayBeEntered(store, from, signal)) throw error;
    return;
  }
  const below = [...names];
  const stats = await store.statMany(below, signal);
  for (const [index, path] of below.entries()) {
    const stat = stats[index];
    if (stat instanceof XRootDError && stat.isConnectionFailure) throw stat;
    if (stat == null || stat instanceof Error) continue;
    yield { path, number: stat.id };
    yield* remoteDirectories(store, signal, path);
  }
}

/** Can the directory be entered? Then files in it can be reached, although it can't be listed. */
async function mayBeEntered(
  store: Pick<RemoteStore, 'stat'>,
  directory: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await store.stat(joinPath(directory, `${RESERVED_PREFIX}none`), signal);
    return true;
  } catch (error) {
    return !(error instanceof XRootDError) || error.code !== 'NotAuthorized';
  }
}
