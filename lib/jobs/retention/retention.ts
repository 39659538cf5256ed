/**
 * Retention of online storage: files past their period go, if and only if the target has them, identical, on tape (S12).
 * Nothing is copied, nothing at the target is changed.
 */
import { realpath } from 'node:fs/promises';
import { CacheDirectory } from '../../cache/directory.js';
import { confirm, isConfirmed } from '../../cache/confirmation.js';
import {
  accessProblems,
  checkAccess,
  ConfigError,
  parseTarget,
  requireCache,
  type ArchiveConfig,
} from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import { openStore } from '../../remote/open_store.js';
import { pairedStore } from '../../remote/paired_store.js';
import type { RemoteStore } from '../../remote/store.js';
import { nameProblem } from '../../rules/names.js';
import type { OnlineFile } from '../../rules/retention.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { OnlineDirectory } from './online_directory.js';
import { OnlineServer } from './online_server.js';
import { lockPass } from '../run/pass_lock.js';
import type { Report } from '../events/report.js';
import { retainOrRemove } from './retention_record.js';
import { SeparateStorage } from '../separation/separate_storage.js';
import { warnOfWeak } from '../record/weak_checksums.js';
import { retentionSettings, type RetentionSettings } from './retention_settings.js';

export interface RetentionOptions {
  /** Only tell what would go. Default false. */
  dryRun?: boolean | undefined;
  /**
   * These settings are as they should be: remove, now and from now on. Without it, or `confirmed` in the configuration, a
   * pass with settings that nobody confirmed yet only reports. Default false.
   */
  confirm?: boolean | undefined;
  /** Wait for another pass to end, rather than be refused. Default false. */
  wait?: boolean | undefined;
  /** Ends the pass; what was removed by then was safe, all else is still there. */
  signal?: AbortSignal | undefined;
}

/** Files past retention that are worked on at once: each is open, and most wait for their checksums. */
const filesInFlight = 256;

/**
 * Resolves with the report also when files failed, and when the signal ended it.
 * @param now milliseconds since the epoch
 * @throws {ConfigError} before anything is touched; {LockedError} if another pass works there, unless `wait` is set; {XRootDError} when a server
 * can't be reached or refuses us, at the start or in the middle
 */
export async function retention(
  dependencies: JobDependencies,
  options: RetentionOptions = {},
  now: () => number = Date.now,
): Promise<Report> {
  const { config } = dependencies;
  const settings = retentionSettings(config, new Date(now()));
  const target = await dependencies.open();
  const directory = await stateDirectory(settings, dependencies);
  const lock = await lockPass(directory, dependencies, options);
  try {
    const root = await CacheDirectory.openRoot(directory);
    try {
      return await pass(root, target, settings, dependencies, options, now);
    } finally {
      await root.close();
    }
  } finally {
    await lock.release();
  }
}

/** Where lock and confirmation are kept: the online storage itself, or, if that is on a server, the cache. */
async function stateDirectory({ place }: RetentionSettings, { config }: JobDependencies): Promise<string> {
  if ('server' in place) {
    const cacheDirectory = requireCache(config);
    await checkAccess({ cacheDirectory, cacheMountPoint: config.cacheMountPoint });
    return cacheDirectory;
  }
  const problems = await accessProblems({ cacheDirectory: place.directory });
  if (problems.length > 0)
    throw new ConfigError(problems.map(({ message }) => ({ key: 'retention.onlineDirectory', message })));
  await refuseNested(place.directory, config.cacheDirectory);
  return place.directory;
}

/** The same path would mean two records. The cache itself may be the online storage. */
async function refuseNested(online: string, cache: string | undefined): Promise<void> {
  if (cache === undefined) return;
  const [inner, outer] = await Promise.all([realpath(online), realpath(cache).catch(() => cache)]);
  const lies = (path: string, above: string) => path !== above && `${path}/`.startsWith(`${above}/`);
  const how = lies(inner, outer)
    ? 'lies in the cache'
    : lies(outer, inner)
      ? 'has the cache in it'
      : undefined;
  if (how === undefined) return;
  const message = `${online} ${how} (${cache}): its paths would mean other files at the target`;
  throw new ConfigError([{ key: 'retention.onlineDirectory', message }]);
}

async function pass(
  root: CacheDirectory,
  target: LimitedStore,
  settings: RetentionSettings,
  dependencies: JobDependencies,
  { dryRun = false, confirm: confirming = false, signal }: RetentionOptions,
  now: () => number,
): Promise<Report> {
  const { config, logger } = dependencies;
  const { place, rules, held, toConfirm } = settings;
  if (confirming && !dryRun) await confirm(root, toConfirm, new Date(now()));
  const confirmed = settings.confirmed || (await isConfirmed(root, toConfirm));
  if (!confirmed) logger.warn('nobody has confirmed these retention settings: nothing is removed');

  const server =
    'server' in place
      ? { at: place.server, store: openStore({ ...config, targetUrl: place.server.url }) }
      : undefined;
  const both = pairedStore(target, server?.store);
  const run = new JobRun(both, dependencies, {
    ...{ job: 'retention', signal, dryRun: dryRun || !confirmed },
    place: server?.at.url ?? root.real,
  });
  if (!confirmed) run.extra.unconfirmed = true;
  const storage =
    server === undefined
      ? new OnlineDirectory({ root, run, logger, now }, config, separateFrom(target, root, run, config))
      : new OnlineServer(server.at, server.store, run, { config, target, logger });
  const { base } = parseTarget(config.targetUrl);
  const context = {
    ...{ config, run, store: target, storage, rules, now },
    nameProblem: (path: string) => nameProblem(path, { base }),
  };
  const report = await run
    .run(async () => {
      await both.ping(run.signal);
      await storage.check();
      const most = Math.min(filesInFlight, mostOpenFiles());
      await forEachConcurrent(found(storage.files(), run), most, async (file) => {
        if (!run.signal.aborted) await retainOrRemove(file, context);
      });
    })
    .finally(() => storage.close());
  warnOfWeak(report, config, logger);
  if (!report.interrupted)
    for (const hold of held.unmatched()) logger.warn(`nothing is named by the hold ${hold}`);
  return report;
}

function separateFrom(
  store: RemoteStore,
  root: CacheDirectory,
  { signal }: JobRun,
  { targetUrl: target }: ArchiveConfig,
): SeparateStorage {
  return new SeparateStorage({ ...{ store, root, signal, target }, key: 'retention.onlineDirectory' });
}

async function* found(
  files: AsyncIterable<OnlineFile>,
  { progress }: JobRun,
): AsyncGenerator<OnlineFile, void, undefined> {
  for await (const file of files) {
    progress.found(Number(file.identity.size));
    yield file;
  }
  progress.walkEnded();
}
