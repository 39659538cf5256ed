/** Evicts files that are on tape from the disk buffer. */
import type { LimitedStore } from '../../remote/limited_store.js';
import type { RemoteStore } from '../../remote/store.js';
import { judgeEviction } from '../../rules/eviction.js';
import type { Selector } from '../../rules/selection.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { failed, failureOf } from '../run/failure.js';
import { inBatches } from '../../flow/in_batches.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import type { RemoteEntry } from '../run/list.js';
import { PrepareBatches } from './prepare_batches.js';
import type { Report } from '../events/report.js';
import { namedSelection, selectedFiles, SELECTION_OPTIONS, type SelectionOptions } from '../run/selected.js';
import { toldOfTape } from '../run/tape_told.js';
import { untilOffline } from './until_offline.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';

/** Options of `Archive.evict`. */
export interface EvictOptions extends SelectionOptions, JobOptions {
  /** Seconds in which an eviction that the server accepted must be seen, by the flag Offline. Default 10. */
  confirmSeconds?: number | undefined;
  /** Only tell what would be evicted. Default false. */
  dryRun?: boolean | undefined;
  /** Ends it; what the server was asked for by then may still be done. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<EvictOptions> = {
  ...JOB_OPTIONS,
  ...SELECTION_OPTIONS,
  confirmSeconds: true,
  dryRun: true,
  signal: true,
};

const STILL_ONLINE = 'given up, and still in the disk buffer: in use, or kept for somebody else';
/** Batches in flight: while one waits until its evictions are seen, the next is statted. */
const batchesInFlight = 4;

/**
 * Evicts only files that a fresh stat shows to be on tape. Others are refused, because their disk copy could be the only one.
 * @param paths files, directories or globs, relative to the target's base; `.` is everything
 * @throws {ConfigError} also when nothing is asked for; {XRootDError} when the server can't be reached or refuses us
 */
export async function evict(
  dependencies: JobDependencies,
  paths: readonly string[],
  options: EvictOptions = {},
): Promise<Report> {
  checkOptions(options, KNOWN);
  const selector = namedSelection(paths, options);
  const store = await dependencies.open();
  return await new Eviction(store, dependencies, options).all(selector);
}

class Eviction {
  readonly #run: JobRun;
  readonly #store: RemoteStore;
  /** Knows what is on tape. */
  readonly #told: RemoteStore;
  readonly #dependencies: JobDependencies;
  readonly #batches: PrepareBatches;
  readonly #confirmSeconds: number;

  constructor(store: LimitedStore, dependencies: JobDependencies, options: EvictOptions) {
    const { signal, dryRun, confirmSeconds = 10 } = options;
    this.#run = new JobRun(store, dependencies, { job: 'evict', place: '', signal, dryRun });
    this.#store = store;
    this.#told = toldOfTape(store, dependencies);
    this.#dependencies = dependencies;
    this.#batches = new PrepareBatches(dependencies.config.stageBatchFiles);
    this.#confirmSeconds = confirmSeconds;
  }

  all(selector: Selector): Promise<Report> {
    const { config } = this.#dependencies;
    const items = selectedFiles(this.#store, selector, config, this.#run.signal);
    const batches = inBatches(this.#run.found(items), config.stageBatchFiles);
    return this.#run.run(() => forEachConcurrent(batches, batchesInFlight, (batch) => this.#batch(batch)));
  }

  async #batch(entries: readonly RemoteEntry[]): Promise<void> {
    const { signal, dryRun, emit } = this.#run;
    const wanted = new Map<string, RemoteEntry>();
    await Promise.all(
      entries.map(async (entry) => {
        if (await this.#mayGo(entry)) wanted.set(entry.path, entry);
      }),
    );
    if (dryRun) {
      for (const entry of wanted.values()) this.#run.finish({ result: 'evicted' }, entry);
      return;
    }
    const confirming: Promise<boolean>[] = [];
    const confirm = (entry: RemoteEntry) =>
      this.#run.file(entry.path, entry.size, async () => {
        const limits = { seconds: this.#confirmSeconds, signal };
        if (!(await untilOffline(this.#store, entry.path, limits)))
          return { result: 'kept', reason: STILL_ONLINE };
        emit({ type: 'file:evicted', path: entry.path });
        return { result: 'evicted' };
      });
    try {
      const refused = await this.#batches.send(
        [...wanted.keys()],
        (names) => this.#store.evict(names, signal),
        ({ names }) => {
          for (const name of names) {
            const entry = wanted.get(name);
            wanted.delete(name);
            if (entry !== undefined) confirming.push(confirm(entry));
          }
        },
      );
      for (const { name, error } of refused) {
        this.#run.finish({ result: 'failed', failure: failureOf(name, error) }, wanted.get(name));
      }
    } catch (error) {
      if (await this.#run.isEnd(error)) return;
      for (const [name, entry] of wanted) {
        this.#run.finish({ result: 'failed', failure: failureOf(name, error) }, entry);
      }
    } finally {
      await Promise.all(confirming);
    }
  }

  /** Asks again: the listing may be minutes old. Files that may not be evicted get their outcome here. */
  async #mayGo({ path, size }: RemoteEntry): Promise<boolean> {
    let may = false;
    await this.#run.file(path, size, async () => {
      const verdict = judgeEviction(await this.#told.stat(path, this.#run.signal));
      if ('refuse' in verdict) return failed(path, verdict.code, verdict.refuse);
      if ('keep' in verdict) return { result: 'kept', reason: verdict.keep };
      may = true;
      return undefined;
    });
    return may;
  }
}
