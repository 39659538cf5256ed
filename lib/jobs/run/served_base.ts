/** A base path that the server doesn't serve: one error before the job, rather than one for each record. */
import { ConfigError } from '../../config/errors.js';
import { parseTarget } from '../../config/target.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { XRootDError } from '../../xrdcl/index.js';

export interface ServedBaseCheck {
  store: Pick<RemoteStore, 'stat' | 'statMany'>;
  targetUrl: string;
  signal: AbortSignal | undefined;
}

/**
 * A server may serve directories below a base that it doesn't serve itself: it is wrong only if nothing of what is here may be there.
 * What can't be found out now is left to the job.
 * @param here paths of what is here, in batches; asked for only if the base isn't served
 * @returns the base's stat; null if it isn't there; undefined if the server doesn't tell
 * @throws {ConfigError} also if the base is a file
 */
export async function checkServedBase(
  { store, targetUrl, signal }: ServedBaseCheck,
  here: () => AsyncIterable<readonly string[]>,
): Promise<RemoteStat | null | undefined> {
  const base = await store.stat('', signal).catch((error: unknown) => error as Error);
  const { base: path } = parseTarget(targetUrl);
  if (!(base instanceof Error)) {
    if (base?.kind === 'file') throw wrong(`${path} is a file on the server, and must be a directory`);
    return base;
  }
  if (!isUnserved(base)) return undefined;
  let asked = false;
  for await (const paths of here()) {
    if (paths.length === 0) continue;
    const stats = await store.statMany(paths, signal);
    if (!stats.every(isUnserved)) return undefined;
    asked = true;
  }
  if (asked)
    throw wrong(
      `the server doesn't serve ${path} (${base.serverMessage.trim()}): give a path that it exports, in which a directory for this archive may be made`,
    );
  return undefined;
}

function wrong(message: string): ConfigError {
  return new ConfigError([{ key: 'targetUrl', message }]);
}

/** XRootD's own words for a path that isn't exported; what somebody may not do is said in others. */
function isUnserved(answer: unknown): answer is XRootDError {
  return (
    answer instanceof XRootDError &&
    answer.code === 'NotAuthorized' &&
    /path '.*' is disallowed/s.test(answer.serverMessage)
  );
}
