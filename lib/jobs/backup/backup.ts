/** The job that archives the cache: its options, its lock, and one pass. */
import { CacheDirectory } from '../../cache/directory.js';
import { VerifiedMemo } from '../../cache/verified_memo.js';
import { checkAccess, requireCache } from '../../config/index.js';
import { shardStore } from '../../remote/shard_store.js';
import type { Report } from '../events/report.js';
import type { JobDependencies } from '../run/job_run.js';
import { lockPass } from '../run/pass_lock.js';
import { RecordBook } from '../record/record_book.js';
import { checkShard, SHARD_OPTIONS } from '../run/shards.js';
import { toldOfTape } from '../run/tape_told.js';
import { goesByTape } from './backup_context.js';
import { chosenPaths } from './chosen_paths.js';
import { BackupPass, type BackupPassOptions } from './backup_pass.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';

/** Options of `Archive.backup`. */
export interface BackupOptions extends BackupPassOptions, JobOptions {
  /** Wait for another pass to end, rather than be refused. Default false. */
  wait?: boolean | undefined;
}

const KNOWN: Known<BackupOptions> = {
  ...JOB_OPTIONS,
  ...SHARD_OPTIONS,
  paths: true,
  signal: true,
  dryRun: true,
  wait: true,
};

/**
 * One pass over the cache. Resolves with the report also when files failed, and when the signal ended it.
 * @throws {ConfigError} before anything is touched; {LockedError} if another pass works on this cache, unless `wait` is set;
 * an AbortError if the signal ended the waiting; {XRootDError} when the server can't be reached or refuses us, at the start or in
 * the middle: what was done by then is complete
 */
export async function backup(dependencies: JobDependencies, options: BackupOptions = {}): Promise<Report> {
  const { config } = dependencies;
  checkOptions(options, KNOWN);
  checkShard(options.shard);
  const paths = chosenPaths(options.paths);
  const cache = requireCache(config);
  const opened = await dependencies.open();
  await checkAccess({ cacheDirectory: cache, cacheMountPoint: config.cacheMountPoint });
  const lock = await lockPass(cache, dependencies, options);
  try {
    const root = await CacheDirectory.openRoot(cache);
    try {
      const told = goesByTape(config) ? toldOfTape(opened, dependencies) : opened;
      const store = shardStore(told, options.shard, config.parallelChecksums);
      const memo = await VerifiedMemo.load(root, `${config.targetUrl} ${config.checksumType}`, options.shard);
      const { shard, dryRun = false } = options;
      const now = dependencies.now ?? Date.now;
      const book = await RecordBook.open(config, { shard, dryRun, now, seen: memo.catalogue });
      try {
        return await new BackupPass(root, { memo, book }, store, dependencies, { ...options, paths }).all();
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
