/** A backup pass: walk, and for every record what backup_record.ts does, with one report at the end. */
import { relative } from 'node:path';
import pLimit from 'p-limit';
import { CacheDirectory } from '../cache/directory.js';
import { handleLeftover } from '../cache/leftovers.js';
import { acquireLock } from '../cache/lock.js';
import { diskUsage } from '../cache/usage.js';
import { walk, type Leftover, type WalkEntry } from '../cache/walk.js';
import type { ArchiveConfig, Logger } from '../config/index.js';
import { checkAccess, requireCache } from '../config/index.js';
import { parseTarget } from '../config/target.js';
import { checkNameText } from '../rules/names.js';
import { checksumFile } from '../xrdcl/index.js';
import { backupRecord, waitingForTape, type BackupContext } from './backup_record.js';
import { forEachConcurrent } from './concurrent.js';
import { failureOf } from './failure.js';
import { failed, JobRun, type JobDependencies } from './job_run.js';
import type { Report } from './report.js';

export interface BackupOptions {
  /** Ends the pass: running copies are cancelled and what they made is removed, nothing else is begun. */
  signal?: AbortSignal | undefined;
  /** Only tell what would be done. Default false. */
  dryRun?: boolean | undefined;
}

/** Records whose state is asked for or who wait for a copy: more than the stats in flight, so that copies never starve. */
const recordsInFlight = 1024;
/** Local checksums at once; the addon's threads do the work. */
const localChecksums = 4;

/**
 * One pass over the cache. Resolves with the report also when files failed, and when the signal ended it.
 * @throws {ConfigError} before anything is touched; {LockedError} if another pass works on this cache; {XRootDError}
 * when the server can't be reached or refuses us, at the start or in the middle: what was done by then is complete
 */
export async function backup(dependencies: JobDependencies, options: BackupOptions = {}): Promise<Report> {
  const { config } = dependencies;
  const cache = requireCache(config);
  await checkAccess(config);
  const lock = await acquireLock(cache, config.workerFilePath);
  try {
    const root = await CacheDirectory.openRoot(cache);
    try {
      return await pass(root, dependencies, options);
    } finally {
      await root.close();
    }
  } finally {
    await lock.release();
  }
}

async function pass(
  root: CacheDirectory,
  dependencies: JobDependencies,
  { signal: given, dryRun = false }: BackupOptions,
): Promise<Report> {
  const { config, logger } = dependencies;
  const cache = requireCache(config);
  const store = dependencies.open();
  const run = new JobRun(store, dependencies, { job: 'backup', place: cache, signal: given, dryRun });
  const { emit, progress, signal } = run;
  const sums = pLimit(localChecksums);
  const tape = { seen: false };
  const context: BackupContext = {
    ...{ config, dryRun, root, store, emit, progress, signal },
    saw: ({ backUpExists }) => (tape.seen ||= backUpExists),
    sumLocal: (record, length) =>
      sums(() => checksumFile(record, { type: config.checksumType, length, signal })),
    now: Date.now,
  };
  const report = await run.run(async () => {
    const usage = await diskUsage(cache);
    emit({ type: 'usage', warning: usage.usedPercent > config.warningMarkPercent, ...usage });
    if (!signal.aborted) await store.ping(signal);
    await forEachConcurrent(entries(context), recordsInFlight, (entry) =>
      backupEntry(entry, run, context, logger),
    );
  });
  if (!tape.seen) explain(report, config, logger);
  return report;
}

async function* entries({
  config,
  root,
  progress,
  signal,
}: BackupContext): AsyncGenerator<WalkEntry, void, undefined> {
  const { base } = parseTarget(config.targetUrl);
  const nameProblem = (path: string) => {
    const verdict = checkNameText(path, { base });
    return verdict.ok ? undefined : verdict.reason;
  };
  const ignore = new Set<string>();
  if (config.workerFilePath !== undefined) ignore.add(relative(root.real, config.workerFilePath));
  for await (const entry of walk(root, { signal, nameProblem, ignore })) {
    if (entry.kind === 'record') progress.found(Number(entry.identity.size));
    yield entry;
  }
  progress.walkEnded();
}

async function backupEntry(
  entry: WalkEntry,
  run: JobRun,
  context: BackupContext,
  logger: Logger,
): Promise<void> {
  switch (entry.kind) {
    case 'vanished':
      return;
    case 'problem': {
      const { path, code, errno, message } = entry;
      run.finish({ result: 'failed', failure: { path, code, ...(errno && { errno }), message } });
      return;
    }
    case 'leftover':
      await clearUp(entry, run, context, logger);
      return;
    case 'record':
      await run.file(entry.path, Number(entry.identity.size), (attempt) =>
        backupRecord(entry, context, attempt),
      );
  }
}

async function clearUp(
  leftover: Leftover,
  run: JobRun,
  context: BackupContext,
  logger: Logger,
): Promise<void> {
  const { path } = leftover;
  if (context.dryRun) {
    logger.info('a file of an earlier run was left behind', { path });
    return;
  }
  try {
    const result = await handleLeftover(context.root, leftover, context.now());
    if (result.outcome === 'displaced') run.finish(failed(path, 'Displaced', result.message));
    else if (result.outcome === 'restored' || result.outcome === 'abandoned') {
      const { outcome } = result;
      logger.warn('a file that a crash left behind was dealt with', { path, outcome });
    }
  } catch (error) {
    run.finish({ result: 'failed', failure: failureOf(path, error) });
  }
}

function explain(report: Report, { targetUrl }: ArchiveConfig, logger: Logger): void {
  const waiting = report.keptReasons[waitingForTape] ?? 0;
  if (waiting === 0) return;
  logger.warn(
    'nothing could be removed: no file on the server carries the flag BackUpExists. Either tape is behind, or this ' +
      'server has no tape; with auto_remove: backed_up local files then stay for ever',
    { waiting, target: targetUrl },
  );
}
