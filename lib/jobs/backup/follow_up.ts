/**
 * Asks about records that have left the cache and aren't known to be on tape: a disk buffer may lose them before tape has them. What is
 * gone or has other bytes is a failure of each pass until it is found again, or until somebody takes it out of the catalogue.
 */
import * as fs from 'node:fs/promises';
import { errnoCode } from '../../cache/errors.js';
import type { CacheDirectory } from '../../cache/directory.js';
import type { Catalogue } from '../../catalogue/catalogue.js';
import type { CatalogueRow } from '../../catalogue/row.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { statBatch, statBatchesAhead } from '../../remote/limited_store.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { isDue } from '../../rules/follow_up.js';
import { LOST_COPY } from '../../rules/failure_codes.js';
import { microseconds } from '../../rules/identity.js';
import { printableName } from '../../rules/names.js';
import type { TapeWaitCount } from '../../rules/tape_wait.js';
import { ConfirmedRows, isProven, isWrong } from '../record/confirmed_row.js';
import { lostText, replacedLoss } from '../record/lost_text.js';
import { failed } from '../run/failure.js';
import type { JobDependencies, JobRun } from '../run/job_run.js';
import type { Outcome } from '../run/tally.js';

export interface FollowUpContext {
  catalogue: Catalogue;
  root: Pick<CacheDirectory, 'entry'>;
  /** The paths of this shard, if the catalogue has others, too. */
  only?: ((path: string) => boolean) | undefined;
  /** Its `backUpExists` is what `tape_state` says. */
  store: RemoteStore;
  run: JobRun;
  dependencies: Pick<JobDependencies, 'config' | 'logger'>;
  /** What waits for tape is counted there. */
  waiting: TapeWaitCount;
  /** The base wasn't there when the pass began, which then may have made it anew. */
  baseWasMissing: boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export class FollowUp {
  readonly #context: FollowUpContext;
  readonly #started: number;
  readonly #rows: ConfirmedRows;
  /** What was lost isn't found again by its size alone. */
  readonly #lostRows: ConfirmedRows;
  #lost = 0;

  /** @param started when the pass began: what it removed itself was compared a moment ago */
  constructor(context: FollowUpContext, started: number) {
    this.#context = context;
    this.#started = started;
    const { catalogue, store, run, dependencies, baseWasMissing, now } = context;
    const { config } = dependencies;
    const rowsBy = (bytes: boolean) =>
      new ConfirmedRows({
        ...{ config, store, rows: catalogue, signal: run.signal, baseWasMissing, now },
        // Each is compared once, and may be the only copy.
        ...{ bytes, readBack: 'wherever it proves more' },
      });
    this.#rows = rowsBy(config.verify !== 'size');
    this.#lostRows = rowsBy(true);
  }

  /** @throws what ends the whole pass */
  async all(): Promise<void> {
    const { catalogue, run, dependencies } = this.#context;
    // What this pass has found out about the same names. If it can't be written, RecordBook.finish() says so.
    await catalogue.flush().catch(() => undefined);
    const ahead = statBatchesAhead(dependencies.config.parallelStats);
    for (const state of ['lost', 'waiting'] as const)
      await forEachConcurrent(this.#batches(state), ahead, (rows) => this.#look(rows));
    const { only = () => true } = this.#context;
    for await (const loss of catalogue.replacedLosses()) {
      if (!only(loss.path)) continue;
      run.finish(replacedLoss(loss));
      this.#lost += 1;
    }
    if (this.#lost > 0) run.extra.lost = (run.extra.lost ?? 0) + this.#lost;
    const removedNotOnTape = this.#context.waiting.result();
    if (removedNotOnTape.files > 0) run.extra.removedNotOnTape = removedNotOnTape;
  }

  async *#batches(state: 'lost' | 'waiting'): AsyncGenerator<CatalogueRow[], void, undefined> {
    const { catalogue, run, now, only = () => true } = this.#context;
    for await (const page of catalogue.pages({ state })) {
      if (run.signal.aborted) return;
      const gone: CatalogueRow[] = [];
      for (const row of page) if (only(row.path) && !(await this.#isStillThere(row))) gone.push(row);
      if (state === 'waiting') for (const row of gone) this.#count(row);
      const due = gone.filter((row) => !this.#isOfThisPass(row) && isDue(row, now()));
      for (let at = 0; at < due.length; at += statBatch) yield due.slice(at, at + statBatch);
    }
  }

  /** Removed after all, or not: a crash or an error came between. */
  async #isStillThere({ path, size, mtime, removing, removed, lost }: CatalogueRow): Promise<boolean> {
    if (removing === null || removed !== null || lost !== null) return false;
    const { catalogue, root } = this.#context;
    try {
      const there = await fs.lstat(root.entry(path), { bigint: true });
      if (!there.isFile() || Number(there.size) !== size || microseconds(there.mtimeNs) !== mtime)
        return false;
    } catch (error) {
      // One of which the disk tells nothing is followed, as if it had gone: that only asks the server about it.
      if (errnoCode(error) === undefined) throw error;
      return false;
    }
    catalogue.note({ kind: 'stays', path });
    return true;
  }

  /** A time ahead of now comes from a clock that was wrong. */
  #isOfThisPass({ removing }: CatalogueRow): boolean {
    return removing !== null && removing >= this.#started && removing <= this.#context.now();
  }

  #count({ path, size, mtime, removing }: CatalogueRow): void {
    this.#context.waiting.add({ path, size, changedAt: mtime === null ? (removing ?? 0) : mtime / 1000 });
  }

  async #look(rows: readonly CatalogueRow[]): Promise<void> {
    const { catalogue, store, run, now } = this.#context;
    if (run.signal.aborted) return;
    const names = rows.map(({ path }) => path);
    // An error for all of them comes again for each, and is reported there (S6).
    const stats = await store.statMany(names, run.signal).catch(() => []);
    await Promise.all(
      rows.map(async (row, index) => {
        const stat = stats[index];
        if (stat != null && !(stat instanceof Error) && isAsBefore(row, stat))
          catalogue.note({ kind: 'followed', path: row.path, at: now() });
        else await this.#compare(row);
      }),
    );
  }

  async #compare(row: CatalogueRow): Promise<void> {
    const { run } = this.#context;
    const outcome = await run.attempt(row.path, () => this.#ask(row));
    if (outcome === undefined || outcome === 'ended') return;
    if (outcome.result === 'failed' && outcome.failure.code === LOST_COPY) this.#lost += 1;
    run.finish(outcome);
  }

  async #ask(row: CatalogueRow): Promise<Outcome | undefined> {
    const { catalogue, store, run, dependencies, now } = this.#context;
    const { path } = row;
    const rows = row.lost === null ? this.#rows : this.#lostRows;
    const looked = await rows.look(row, await store.stat(path, run.signal));
    if (looked === undefined) return undefined;
    if ('unsure' in looked) return failed(path, 'Unverified', looked.unsure);
    const { remote, compared } = looked;
    if (isWrong(compared)) {
      catalogue.note({ kind: 'lost', path, at: now(), reason: compared.reason });
      return failed(path, LOST_COPY, lostText(looked.row, compared.reason));
    }
    const { lost, loss } = looked.row;
    if (lost !== null && !isProven(looked.row, compared))
      return failed(path, LOST_COPY, lostText(looked.row, loss ?? 'only its size can be compared'));
    if (lost !== null)
      dependencies.logger.info('a lost record is found again on the server', { path: printableName(path) });
    catalogue.note({ kind: remote?.backUpExists === true ? 'on_tape' : 'followed', path, at: now() });
    return undefined;
  }
}

/** Is there something in it to ask about? */
export async function somethingWaits(catalogue: Catalogue): Promise<boolean> {
  for (const state of ['lost', 'waiting'] as const)
    for await (const _ of catalogue.rows({ state })) return true;
  for await (const _ of catalogue.replacedLosses()) return true;
  return false;
}

/** Nothing about it has changed since its bytes were last compared, and tape doesn't have it yet. */
function isAsBefore(row: CatalogueRow, { kind, size, mtime, backUpExists }: RemoteStat): boolean {
  if (row.lost !== null || row.followed === null || backUpExists) return false;
  return kind === 'file' && size === row.size && mtime.getTime() === row.remoteMtime;
}
