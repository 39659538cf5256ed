/** Looks at the chain that an archive needs, from the cache to the tape flags of the target. */
import { checkCache } from './cache.js';
import { checkCredentials } from './credentials.js';
import type { Finding } from './finding.js';
import { checkTimeZone } from './schedule.js';
import type { TargetOptions } from './target.js';
import { checkUnit, type Loaded } from './unit.js';

/** What this machine alone can tell. */
export async function* checkLocal(loaded: Loaded): AsyncGenerator<Finding, void, undefined> {
  const { config } = loaded;
  const now = Date.now();
  yield* await checkCache(config);
  yield* await checkCredentials(config, now);
  yield checkTimeZone(config, now);
  yield* await checkUnit(loaded);
}

/** What only the server can tell; needs the addon, which is loaded here. */
export async function* checkServer(
  { config }: Loaded,
  options: TargetOptions,
): AsyncGenerator<Finding, void, undefined> {
  const { checkTarget } = await import('./target.js');
  yield* checkTarget(config, options);
}
