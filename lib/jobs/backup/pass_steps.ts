/** The steps of a pass: walk, ask for the state of a batch of records at once, deal with each record, make room. */
import { relative } from 'node:path';
import { chosenBatches } from '../../cache/chosen.js';
import { walkBatches, type CacheRecord, type WalkEntry } from '../../cache/walk.js';
import type { Logger } from '../../config/index.js';
import { parseTarget } from '../../config/target.js';
import { statBatch, statBatchesAhead } from '../../remote/limited_store.js';
import type { ListedStats } from '../../remote/listed_stats.js';
import type { RemoteStore } from '../../remote/store.js';
import { nameProblem } from '../../rules/names.js';
import type { Scope } from '../../rules/scope.js';
import { coalesced } from '../../flow/coalesced.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import type { TaskPool } from '../../flow/task_pool.js';
import { handleNonRecord } from '../record/not_a_record.js';
import type { BackupContext, RecordOutcome, RecordWork } from './backup_context.js';
import { afterCopy, backupRecord, decideAtSight } from './backup_record.js';
import type { RecordOutcomes } from './record_outcomes.js';

export interface PassStepsOptions {
  context: BackupContext;
  logger: Logger;
  scope: Scope;
  outcomes: RecordOutcomes;
  pool: TaskPool;
  /** Where the first look at a record comes from: listings, if no tape flags are needed. */
  remote: ListedStats | RemoteStore;
  /** Only what these name; undefined: the whole cache. */
  paths: readonly string[] | undefined;
  /** The paths of this shard; undefined: all. */
  only: ((path: string) => boolean) | undefined;
}

export class PassSteps {
  readonly #options: PassStepsOptions;
  readonly #context: BackupContext;

  constructor(options: PassStepsOptions) {
    this.#options = options;
    this.#context = options.context;
  }

  /** Every record of the cache; resolves when all have their outcome. */
  async walk(): Promise<void> {
    const { config } = this.#context;
    const batches = coalesced(this.#entries(), statBatch);
    const ahead = statBatchesAhead(config.parallelStats);
    await forEachConcurrent(batches, ahead, (batch) => this.#look(batch)).finally(() =>
      this.#options.pool.idle(),
    );
  }

  /** @param bytes to remove */
  async makeRoom(bytes: number): Promise<void> {
    const { logger, outcomes, pool } = this.#options;
    logger.info('the cache is above high_water_percent: the oldest records that may go are removed', {
      bytes: Math.ceil(bytes),
    });
    const removing: BackupContext = { ...this.#context, room: 'needed' };
    const left = await outcomes.removeOldest(bytes, pool, (record) => inAttempts(record, false, removing));
    if (left > 0 && !this.#context.run.signal.aborted)
      logger.warn('the cache stays above low_water_percent: no more records may go', {
        bytes: Math.ceil(left),
      });
  }

  async *#entries(): AsyncGenerator<WalkEntry[], void, undefined> {
    const { config, root, run } = this.#context;
    const { only, paths } = this.#options;
    const { progress, signal } = run;
    const { base } = parseTarget(config.targetUrl);
    const ignore = new Set<string>();
    if (config.workerFilePath !== undefined) ignore.add(relative(root.real, config.workerFilePath));
    const options = {
      ...{ signal, ignore, ...(only && { only }) },
      nameProblem: (path: string) => nameProblem(path, { base }),
    };
    const batches = paths === undefined ? walkBatches(root, options) : chosenBatches(root, paths, options);
    for await (const batch of batches) {
      for (const entry of batch) if (entry.kind === 'record') progress.found(Number(entry.identity.size));
      yield batch;
    }
    progress.walkEnded();
  }

  /** Asks about all records of a batch at once; what needs more than that goes to the pool. */
  async #look(batch: readonly WalkEntry[]): Promise<void> {
    const { scope, outcomes, pool, remote } = this.#options;
    const { run } = this.#context;
    const records: CacheRecord[] = [];
    for (const entry of batch) {
      if (entry.kind !== 'record') {
        await pool.add(() => this.#nonRecord(entry));
        continue;
      }
      const reason = scope.outside(entry.path);
      if (reason === undefined) records.push(entry);
      else run.finish({ result: 'kept', reason }, { path: entry.path, size: Number(entry.identity.size) });
    }
    const names = records.map(({ path }) => path);
    // An error for the whole batch comes again for each record, and is reported there (S6).
    const stats = names.length === 0 ? [] : await remote.statMany(names, run.signal).catch(() => []);
    for (const [index, record] of records.entries()) {
      const stat = stats[index];
      const known = stat instanceof Error ? undefined : stat;
      // Each record must have its row.
      const atSight = known != null && this.#context.book.isFilled;
      const outcome = atSight ? decideAtSight(record, known, this.#context) : undefined;
      if (outcome !== undefined) outcomes.add(record, outcome);
      else await pool.add(() => this.#record(record, known === null));
    }
  }

  #nonRecord(entry: Exclude<WalkEntry, CacheRecord>): Promise<void> {
    const { logger, scope, outcomes, only } = this.#options;
    const { root, run, now } = this.#context;
    const { excluded } = scope;
    return handleNonRecord(entry, { root, run, logger, now, excluded, stays: outcomes.unknown, only });
  }

  async #record(record: CacheRecord, absent: boolean): Promise<void> {
    const { outcomes } = this.#options;
    const outcome = await inAttempts(record, absent, this.#context);
    if (outcome === 'ended') outcomes.unknown(record);
    else outcomes.add(record, outcome);
  }
}

/** @returns `ended` if the pass ended before anything was done */
async function inAttempts(
  record: CacheRecord,
  absent: boolean,
  context: BackupContext,
): Promise<RecordOutcome | 'ended'> {
  const work: RecordWork = { record, walked: record.identity };
  const outcome = await context.run.attempt(record.path, (attempt) =>
    backupRecord(work, context, attempt, absent && attempt === 1),
  );
  const { copied } = work;
  if (copied === undefined) return outcome;
  return outcome === 'ended' ? copied : afterCopy(copied, outcome);
}
