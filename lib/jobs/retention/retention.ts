/**
 * Retention of online storage: removes files past their period, if and only if the target has identical copies on tape (S12).
 * Copies nothing, and changes nothing at the target. This file has its settings, its lock, and one pass.
 */
import { realpath } from 'node:fs/promises';
import { confirm, isConfirmed } from '../../cache/confirmation.js';
import { CacheDirectory } from '../../cache/directory.js';
import { accessProblems, checkAccess, ConfigError, requireCache } from '../../config/index.js';
import type { Report } from '../events/report.js';
import type { JobDependencies } from '../run/job_run.js';
import { RecordBook } from '../record/record_book.js';
import { lockPass } from '../run/pass_lock.js';
import { toldOfTape } from '../run/tape_told.js';
import { RetentionPass } from './retention_pass.js';
import { retentionSettings, type RetentionSettings } from './retention_settings.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';

/** Options of `Archive.retention`. */
export interface RetentionOptions extends JobOptions {
  /** Only tell what would go. Default false. */
  dryRun?: boolean | undefined;
  /**
   * Confirm the settings: this pass and all later ones may remove. A pass whose settings were confirmed neither here nor by
   * `confirmed` in the configuration only reports. Default false.
   */
  confirm?: boolean | undefined;
  /** Wait for another pass to end, rather than be refused. Default false. */
  wait?: boolean | undefined;
  /** Ends the pass; what was removed by then was safe, all else is still there. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<RetentionOptions> = {
  ...JOB_OPTIONS,
  dryRun: true,
  confirm: true,
  wait: true,
  signal: true,
};

/**
 * Resolves with the report also when files failed, and when the signal ended it.
 * @param now milliseconds since the epoch
 * @throws {ConfigError} before anything is touched; {LockedError} if another pass works there, unless `wait` is set;
 * {XRootDError} when a server can't be reached or refuses us, at the start or in the middle
 */
export async function retention(
  dependencies: JobDependencies,
  options: RetentionOptions = {},
  now: () => number = Date.now,
): Promise<Report> {
  checkOptions(options, KNOWN);
  const { config } = dependencies;
  const settings = retentionSettings(config, new Date(now()));
  await checkAccess({ onlineOpaqueFile: config.retention?.onlineOpaqueFile });
  const target = toldOfTape(await dependencies.open(), dependencies);
  const directory = await stateDirectory(settings, dependencies);
  const lock = await lockPass(directory, dependencies, options);
  try {
    const root = await CacheDirectory.openRoot(directory);
    try {
      const confirmed = await confirmation(root, settings, dependencies, options, now);
      const { dryRun = false, signal } = options;
      const reports = dryRun || !confirmed;
      const book = await RecordBook.open(config, { shard: undefined, dryRun: reports, now, seen: undefined });
      try {
        return await new RetentionPass(root, target, settings, dependencies, {
          ...{ dryRun, signal, confirmed, book, now },
        }).all();
      } finally {
        await book.close();
      }
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

/** One path would mean two records. The cache itself may be the online storage. */
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

/** Have the settings been confirmed, now or earlier? */
async function confirmation(
  root: CacheDirectory,
  { confirmed, toConfirm }: RetentionSettings,
  { logger }: JobDependencies,
  { confirm: confirming = false, dryRun = false }: RetentionOptions,
  now: () => number,
): Promise<boolean> {
  if (confirming && !dryRun) await confirm(root, toConfirm, new Date(now()));
  if (confirmed || (await isConfirmed(root, toConfirm))) return true;
  logger.warn('nobody has confirmed these retention settings: nothing is removed');
  return false;
}
