/** Bringing files from tape to the disk buffer, for others to read: nothing is copied. */
import type { RemoteStore } from '../../remote/store.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { failureOf } from '../run/failure.js';
import { inBatches } from '../../flow/in_batches.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import type { ListItem, RemoteEntry } from '../run/list.js';
import { PrepareBatches } from './prepare_batches.js';
import type { Report } from '../events/report.js';
import { finishedFiles, namedSelection, selectedFiles, type SelectionOptions } from '../run/selected.js';
import { checkShard, type ShardOptions } from '../run/shards.js';
import { Stager } from './stager.js';

export interface StageOptions extends SelectionOptions, ShardOptions {
  /** Until each file is online or has failed. Default false: the requests are sent, and that is all. */
  wait?: boolean | undefined;
  /** Only tell what would be asked for. Default false. */
  dryRun?: boolean | undefined;
  /** Ends it; requests that are waited for are cancelled. */
  signal?: AbortSignal | undefined;
}

const ONLINE = 'online already';
/** Files beyond those that wait for tape: so that what is online isn't held up by what isn't. */
const recordsBeside = 1024;

/**
 * Asks tape for what is offline. With `wait` no more are asked for at once than `stageMaxFiles` and `stageMaxBytes`;
 * without it nothing bounds them but the server.
 * @param paths files, directories or globs, relative to the target's base; `.` is everything
 * @throws {ConfigError} also when nothing is asked for; {XRootDError} when the server can't be reached or refuses us
 */
export async function stage(
  dependencies: JobDependencies,
  paths: readonly string[],
  options: StageOptions = {},
): Promise<Report> {
  const { signal, dryRun, shard } = options;
  checkShard(shard);
  const selector = namedSelection(paths, options);
  const store = await dependencies.open();
  const run = new JobRun(store, dependencies, { job: 'stage', place: '', signal, dryRun });
  const { config, logger } = dependencies;
  const files = finishedFiles(selectedFiles(store, selector, config, run.signal, shard));
  const offline = offlineFiles(run, files);
  if (options.wait !== true) return run.run(() => request(run, store, config.stageBatchFiles, offline));
  const stager = new Stager({ config, store, logger, emit: run.emit, signal: run.signal });
  const bring = async ({ path, size }: RemoteEntry) => {
    await run.file(path, size, async () => {
      if (run.dryRun) return { result: 'staged', bytes: size };
      await stager.online(path, size);
      stager.release(path);
      return { result: 'staged', bytes: size };
    });
  };
  const most = config.stageMaxFiles + recordsBeside;
  const work = () => forEachConcurrent(offline, most, bring);
  return run.run(
    () => work().finally(() => stager.idle()),
    () => stager.waiting,
  );
}

/** Sends the requests; what comes of them is for others to see. */
async function request(
  run: JobRun,
  store: RemoteStore,
  stageBatchFiles: number,
  offline: AsyncIterable<RemoteEntry>,
): Promise<void> {
  const batches = new PrepareBatches(stageBatchFiles);
  const { signal } = run;
  for await (const batch of inBatches(offline, stageBatchFiles)) {
    const files = new Map(batch.map((entry) => [entry.path, entry]));
    const took = (names: readonly string[]) => {
      for (const name of names) {
        const file = files.get(name);
        files.delete(name);
        if (file !== undefined) run.finish({ result: 'requested', bytes: file.size }, file);
      }
    };
    if (run.dryRun) {
      took([...files.keys()]);
      continue;
    }
    try {
      const refused = await batches.send(
        [...files.keys()],
        (names) => store.stage(names, signal),
        ({ names, result: requestId }) => {
          run.emit({ type: 'stage:requested', paths: [...names], requestId });
          took(names);
        },
      );
      for (const { name, error } of refused) {
        const file = files.get(name);
        run.finish({ result: 'failed', failure: failureOf(name, error) }, file);
        files.delete(name);
      }
    } catch (error) {
      if (await run.isEnd(error)) throw error;
      for (const [name, file] of files)
        run.finish({ result: 'failed', failure: failureOf(name, error) }, file);
    }
  }
}

/** What tape is to be asked for; the rest has its outcome. */
async function* offlineFiles(
  run: JobRun,
  files: AsyncIterable<ListItem>,
): AsyncGenerator<RemoteEntry, void, undefined> {
  for await (const file of run.found(files)) {
    if (file.online) run.finish({ result: 'kept', reason: ONLINE }, file);
    else yield file;
  }
}
