/** The job that stages: brings files from tape to the disk buffer, for others to read. Copies nothing. */
import type { ArchiveConfig } from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import type { Selector } from '../../rules/selection.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { failureOf } from '../run/failure.js';
import { inBatches } from '../../flow/in_batches.js';
import type { JobDependencies } from '../run/job_run.js';
import type { ListItem, RemoteEntry } from '../run/list.js';
import { PrepareBatches } from './prepare_batches.js';
import type { Report } from '../events/report.js';
import {
  finishedFiles,
  namedSelection,
  selectedFiles,
  SELECTION_OPTIONS,
  type SelectionOptions,
} from '../run/selected.js';
import { checkShard, SHARD_OPTIONS, type ShardOptions } from '../run/shards.js';
import { StagingRun } from './staging_run.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';

/** Options of `Archive.stage`. */
export interface StageOptions extends SelectionOptions, ShardOptions, JobOptions {
  /** Wait until each file is online or has failed. Default false: only send the requests. */
  wait?: boolean | undefined;
  /** Only tell what would be requested. Default false. */
  dryRun?: boolean | undefined;
  /** Ends it; requests that are waited for are cancelled. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<StageOptions> = {
  ...JOB_OPTIONS,
  ...SELECTION_OPTIONS,
  ...SHARD_OPTIONS,
  wait: true,
  dryRun: true,
  signal: true,
};

const ONLINE = 'online already';
/** Files that are looked at beside those that wait for tape, so that these don't hold up the rest. */
const recordsBeside = 1024;

/**
 * Requests offline files from tape. With `wait`, at most `stageMaxFiles` and `stageMaxBytes` at once; without it only the server
 * limits them.
 * @param paths files, directories or globs, relative to the target's base; `.` is everything
 * @throws {ConfigError} also when nothing is asked for; {XRootDError} when the server can't be reached or refuses us
 */
export async function stage(
  dependencies: JobDependencies,
  paths: readonly string[],
  options: StageOptions = {},
): Promise<Report> {
  checkOptions(options, KNOWN);
  checkShard(options.shard);
  const selector = namedSelection(paths, options);
  const store = await dependencies.open();
  return await new Staging(store, dependencies, options).all(selector);
}

class Staging {
  readonly #store: LimitedStore;
  readonly #config: ArchiveConfig;
  readonly #options: StageOptions;
  readonly #staging: StagingRun;

  constructor(store: LimitedStore, dependencies: JobDependencies, options: StageOptions) {
    const { signal, dryRun, shard } = options;
    this.#store = store;
    this.#config = dependencies.config;
    this.#options = options;
    this.#staging = new StagingRun(store, dependencies, { job: 'stage', place: '', signal, dryRun, shard });
  }

  all(selector: Selector): Promise<Report> {
    const { run } = this.#staging;
    const { wait, shard } = this.#options;
    const files = finishedFiles(selectedFiles(this.#store, selector, this.#config, run.signal, shard));
    const offline = this.#offline(files);
    if (wait !== true) return run.run(() => this.#request(offline));
    const most = this.#config.stageMaxFiles + recordsBeside;
    return this.#staging.finish(() => forEachConcurrent(offline, most, (entry) => this.#bring(entry)));
  }

  /** Gives the offline files; files that are online are counted as kept. */
  async *#offline(files: AsyncIterable<ListItem>): AsyncGenerator<RemoteEntry, void, undefined> {
    const { run } = this.#staging;
    for await (const file of run.found(files)) {
      if (file.online) run.finish({ result: 'kept', reason: ONLINE }, file);
      else yield file;
    }
  }

  async #bring({ path, size }: RemoteEntry): Promise<void> {
    const { run, stager } = this.#staging;
    await run.file(path, size, async () => {
      if (!run.dryRun) {
        await stager.online(path, size);
        stager.release(path);
      }
      return { result: 'staged', bytes: size };
    });
  }

  /** Sends the requests, and doesn't wait for tape. */
  async #request(offline: AsyncIterable<RemoteEntry>): Promise<void> {
    const { stageBatchFiles } = this.#config;
    const batches = new PrepareBatches(stageBatchFiles);
    for await (const batch of inBatches(offline, stageBatchFiles)) await this.#requestBatch(batch, batches);
  }

  async #requestBatch(batch: readonly RemoteEntry[], batches: PrepareBatches): Promise<void> {
    const { run } = this.#staging;
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
      return;
    }
    try {
      const refused = await batches.send(
        [...files.keys()],
        (names) => this.#store.stage(names, run.signal),
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
