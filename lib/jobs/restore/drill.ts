/**
 * A disaster drill: stages randomly chosen files, reads them back from tape into a scratch directory, compares them with the
 * checksums that the server and the catalogue recorded, removes them there, and evicts them again. docs/library.md tells what it can't see.
 */
import { randomUUID } from 'node:crypto';
import { ConfigError } from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { judgeEviction } from '../../rules/eviction.js';
import { Sample } from '../../rules/sampling.js';
import type { Selector } from '../../rules/selection.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { failed } from '../run/failure.js';
import type { JobDependencies } from '../run/job_run.js';
import { KnownRecords } from '../run/known_records.js';
import type { ListItem, RemoteEntry } from '../run/list.js';
import type { Report } from '../events/report.js';
import { restoreRecord, type RestoreContext } from './restore_record.js';
import { Scratch } from './scratch.js';
import { isPartial } from '../run/partial.js';
import {
  selectedFiles,
  selection,
  SELECTION_OPTIONS,
  unfinished,
  type SelectionOptions,
} from '../run/selected.js';
import { StagingRun } from '../staging/staging_run.js';
import type { Outcome } from '../run/tally.js';
import { toldOfTape } from '../run/tape_told.js';
import { untilOffline } from '../staging/until_offline.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';

/** Options of `Archive.drill`. */
export interface DrillOptions extends SelectionOptions, JobOptions {
  /** Files to read back, at most. Default 10, or no bound when `bytes` is given. */
  files?: number | undefined;
  /** Bytes to read back, at most; one file at least. Default: no bound. */
  bytes?: number | undefined;
  /** Where the scratch directory is made. Default: the system's directory for temporary files. */
  scratch?: string | undefined;
  /**
   * Also draw files that are in the disk buffer, and evict them first, so that they come from tape. They stay evicted.
   * Default false: others may have staged these files, or be about to read them.
   */
  evictFirst?: boolean | undefined;
  /** The same seed draws the same files. Default: a new one each time, which the report has. */
  seed?: string | undefined;
  /** Only tell what would be read back. Default false. */
  dryRun?: boolean | undefined;
  /** Ends it: stage requests are cancelled, what was staged is evicted, the scratch directory is removed. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<DrillOptions> = {
  ...JOB_OPTIONS,
  ...SELECTION_OPTIONS,
  files: true,
  bytes: true,
  scratch: true,
  evictFirst: true,
  seed: true,
  dryRun: true,
  signal: true,
};

const BUFFERED = 'in the disk buffer by now: not read from tape';
const NOT_EVICTED = 'still in the disk buffer after it was evicted: not read from tape';
const evictSeconds = 10;

/**
 * Draws from files that are on tape only, with `evictFirst` from all that are on tape. A file whose
 * bytes don't match the server's checksum fails with `CheckSumError`, and one that doesn't match the catalogue's with `LostCopy`. If there is nothing to draw from, the drill fails.
 * @param paths files, directories or globs to draw from; none without a list: the whole archive
 * @throws {ConfigError} also when the scratch directory has too little room, before anything is staged; {XRootDError}
 * when the server can't be reached or refuses us
 */
export async function drill(
  dependencies: JobDependencies,
  paths: readonly string[] = [],
  options: DrillOptions = {},
): Promise<Report> {
  checkOptions(options, KNOWN);
  checkAmounts(options);
  const selector = selection(paths, options);
  const { config } = dependencies;
  const store = toldOfTape(await dependencies.open(), dependencies);
  await using known = await KnownRecords.open(config, dependencies.logger);
  const partial = isPartial('drill', { ...options, paths });
  const scratch = await Scratch.make(options.scratch, config);
  try {
    return await new Drill(store, dependencies, options, { scratch, known, partial }).all(selector);
  } finally {
    await scratch.remove();
  }
}

class Drill {
  readonly #dependencies: JobDependencies;
  readonly #options: DrillOptions;
  readonly #scratch: Scratch;
  readonly #known: KnownRecords;
  readonly #store: LimitedStore;
  readonly #staging: StagingRun;
  readonly #context: RestoreContext;
  readonly #seed: string;

  constructor(
    store: LimitedStore,
    dependencies: JobDependencies,
    options: DrillOptions,
    { scratch, known, partial }: { scratch: Scratch; known: KnownRecords; partial: boolean },
  ) {
    const { signal, dryRun, seed = randomUUID() } = options;
    this.#staging = new StagingRun(store, dependencies, {
      ...{ job: 'drill', place: scratch.place, signal, dryRun, partial, evict: true },
    });
    const { run, stager } = this.#staging;
    this.#dependencies = dependencies;
    this.#options = options;
    this.#scratch = scratch;
    this.#known = known;
    this.#store = store;
    this.#seed = seed;
    run.extra.seed = seed;
    this.#context = {
      // Sizes alone would say nothing of what is on tape.
      config: { ...dependencies.config, verify: 'checksum' },
      ...{ run, store, stager, receiver: scratch.receiver, overwrite: false, tells: 'file:verified' },
    };
  }

  all(selector: Selector): Promise<Report> {
    const { run } = this.#staging;
    return this.#staging.finish(async () => {
      const drawn = await this.#draw(selector);
      await this.#scratch.checkRoom(drawn.map(({ size }) => size));
      for (const { size } of drawn) run.progress.found(size);
      run.progress.walkEnded();
      await forEachConcurrent(drawn, this.#dependencies.config.stageMaxFiles, async (entry) => {
        if (run.signal.aborted) return;
        await run.file(entry.path, entry.size, () => this.#file(entry));
        this.#staging.doneWith(entry.path);
      });
    });
  }

  /** Draws from the listing as it comes: memory doesn't grow with the archive. */
  async #draw(selector: Selector): Promise<RemoteEntry[]> {
    const { bytes, files = bytes === undefined ? 10 : undefined, evictFirst = false } = this.#options;
    const { run } = this.#staging;
    const sample = new Sample<RemoteEntry>(this.#seed, { files, bytes });
    let buffered = 0;
    const { config } = this.#dependencies;
    const told = (listed: AsyncIterable<ListItem>) => this.#known.told(listed);
    const found = selectedFiles(this.#store, selector, config, run.signal, undefined, told);
    for await (const entry of run.listed(found)) {
      if (!entry.onTape || entry.size === 0) continue;
      const failure = unfinished(entry);
      if (failure !== undefined) {
        run.finish({ result: 'failed', failure });
        continue;
      }
      if (entry.online) buffered += 1;
      if (!entry.online || evictFirst) sample.add(entry);
    }
    const drawn = sample.items();
    const { logger } = this.#dependencies;
    logger.info('drawn by chance', { seed: this.#seed, files: drawn.length, inBuffer: buffered });
    if (drawn.length === 0) {
      const message =
        buffered > 0
          ? `nothing to read back from tape: ${buffered} files on tape are all in the disk buffer too (evictFirst)`
          : 'nothing to read back: no file is on tape';
      run.finish(failed('.', 'NothingToDrill', message));
    }
    return drawn;
  }

  async #file(entry: RemoteEntry): Promise<Outcome> {
    const { path } = entry;
    // At a second attempt the file is online, because the first one has staged it.
    const { run, stager } = this.#staging;
    if (!stager.staged.has(path) && !run.dryRun) {
      const obstacle = await this.#makeOffline(path);
      if (obstacle !== undefined) return obstacle;
    }
    // The stager notices itself if it is online already.
    const outcome = await restoreRecord({ ...entry, online: false }, this.#context);
    return outcome.result === 'copied' ? { result: 'verified', bytes: outcome.bytes } : outcome;
  }

  /** Evicts the file if that is wanted. @returns the outcome if it can't be read from tape; undefined if it can */
  async #makeOffline(path: string): Promise<Outcome | undefined> {
    const { signal, emit } = this.#staging.run;
    const now = await this.#store.stat(path, signal);
    if (now?.offline === true) return undefined;
    const verdict = judgeEviction(now);
    if ('refuse' in verdict) return failed(path, verdict.code, verdict.refuse);
    if (!('evict' in verdict) || this.#options.evictFirst !== true)
      return { result: 'kept', reason: BUFFERED };
    await this.#store.evict([path], signal);
    if (!(await untilOffline(this.#store, path, { seconds: evictSeconds, signal })))
      return { result: 'kept', reason: NOT_EVICTED };
    emit({ type: 'file:evicted', path });
    return undefined;
  }
}

function checkAmounts({ files, bytes }: DrillOptions): void {
  const problems = Object.entries({ files, bytes })
    .filter(([, value]) => value !== undefined && !(Number.isSafeInteger(value) && value > 0))
    .map(([key, value]) => ({ key, message: `must be a whole number from 1 up, not ${value}` }));
  if (problems.length > 0) throw new ConfigError(problems);
}
