/**
 * Compares what the catalogue knows with the server: is each record there, with its size and checksum, and still on tape? A stream, whose
 * memory doesn't grow with the number of rows.
 */
import type { CatalogueRow } from '../../catalogue/row.js';
import { checkAccess, ConfigError } from '../../config/index.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { statBatch, statBatchesAhead, type LimitedStore } from '../../remote/limited_store.js';
import {
  endsRound,
  NEW_ROUND,
  parseRound,
  roundAfter,
  rowsToTake,
  roundText,
  type AuditRound,
} from '../../rules/audit_round.js';
import type { Selector } from '../../rules/selection.js';
import { nameFor, type Shard } from '../../rules/sharding.js';
import type { Report } from '../events/report.js';
import { replacedLoss } from '../record/lost_text.js';
import { JobRun, type JobDependencies } from '../run/job_run.js';
import { missing } from '../run/selected.js';
import { toldOfTape } from '../run/tape_told.js';
import { cacheLook } from '../run/uploads.js';
import { reportExtra } from './audit_extra.js';
import { Frontier } from './frontier.js';
import { Counted, type Announced } from './counted.js';
import { RecordAudit, type AuditContext } from './audit_record.js';
import { AuditedCatalogue } from './audited_catalogue.js';

/** Compares the catalogue's rows with the server, whether or not their local files are still there. */
export interface CatalogueAudit {
  /** Says that it is the catalogue that is compared. */
  catalogue: true;
  /** Also report what the server has and the catalogue doesn't. Default false. */
  extra?: boolean | undefined;
  /** Compare checksums, not only sizes. Default true. */
  bytes?: boolean | undefined;
  /** This part of the rows, from where the last such run ended: after 100/N runs each was compared. Default: all rows. */
  samplePercent?: number | undefined;
}

export interface AuditChoice {
  selector: Selector;
  /** Is the path named by the selector, drawn into the random sample, and in this shard? */
  chosen: (path: string) => boolean;
  /** Neither paths nor a list of paths were given. */
  isEverything: boolean;
  partial: boolean;
  shard: Shard | undefined;
  /** Of the random sample; undefined: none was drawn. */
  seed: string | undefined;
  signal: AbortSignal | undefined;
  dryRun: boolean;
}

/** Batches whose checksums are asked for while the stats of others are. */
const batchesCompared = 8;
const cursorMilliseconds = 10_000;

/** @throws {ConfigError | CatalogueError | XRootDError} */
export async function auditCatalogue(
  store: LimitedStore,
  dependencies: JobDependencies,
  choice: AuditChoice,
  options: CatalogueAudit,
): Promise<Report> {
  const { config } = dependencies;
  const { samplePercent, extra = false } = options;
  if (samplePercent !== undefined) {
    if (!(samplePercent > 0 && samplePercent <= 100))
      throw problem(`must be per cent above 0 and up to 100, not ${samplePercent}`);
    if (extra || !choice.isEverything || choice.seed !== undefined)
      throw problem('goes through the whole catalogue: give no paths, no other sample and no extra with it');
  }
  // A cache that isn't mounted would look as if every record had left it.
  const { cacheDirectory, cacheMountPoint } = config;
  if (cacheMountPoint !== undefined) await checkAccess({ cacheDirectory, cacheMountPoint });
  const { shard, dryRun } = choice;
  await using catalogue = await AuditedCatalogue.open(config, { shard, dryRun });
  const report = await new Audit(
    toldOfTape(store, dependencies),
    dependencies,
    catalogue,
    choice,
    options,
  ).run();
  const { job, startedAt: started, finishedAt: finished, failures: _, ...counts } = report;
  catalogue.note({ kind: 'pass', job, started, finished, report: JSON.stringify(counts) });
  await catalogue.flush();
  return report;
}

class Audit {
  readonly #store: LimitedStore;
  readonly #dependencies: JobDependencies;
  readonly #catalogue: AuditedCatalogue;
  readonly #choice: AuditChoice;
  readonly #options: CatalogueAudit;
  readonly #run: JobRun;
  readonly #records: RecordAudit;
  readonly #isInCache: AuditContext['isInCache'];
  /** All rows that are read are compared: then the catalogue tells how many there will be. */
  readonly #isAll: boolean;

  constructor(
    store: LimitedStore,
    dependencies: JobDependencies,
    catalogue: AuditedCatalogue,
    choice: AuditChoice,
    options: CatalogueAudit,
  ) {
    const { config, now = Date.now } = dependencies;
    const { signal, seed, dryRun, partial, shard } = choice;
    const run = new JobRun(store, dependencies, {
      ...{ job: 'verify', place: '', signal, dryRun, partial, shard },
    });
    if (seed !== undefined) run.extra.seed = seed;
    this.#store = store;
    this.#dependencies = dependencies;
    this.#catalogue = catalogue;
    this.#choice = choice;
    this.#options = options;
    this.#run = run;
    this.#isInCache = cacheLook(config);
    this.#isAll = choice.isEverything && seed === undefined && choice.shard === undefined;
    this.#records = new RecordAudit({
      ...{ config, store, run, catalogue, now, signal: run.signal, bytes: options.bytes ?? true },
      isInCache: this.#isInCache,
    });
  }

  run(): Promise<Report> {
    const { samplePercent, extra = false } = this.#options;
    return this.#run.run(async () => {
      await this.#store.ping(this.#run.signal);
      await (samplePercent === undefined ? this.#selected() : this.#sample(samplePercent));
      await this.#replaced();
      this.#missing();
      if (extra)
        await reportExtra({
          ...{ store: this.#store, run: this.#run, config: this.#dependencies.config },
          ...{ rows: this.#catalogue.rows, isInCache: this.#isInCache },
          ...{ selector: this.#choice.selector, chosen: this.#choice.chosen },
        });
      await this.#catalogue.flush();
    });
  }

  async #selected(): Promise<void> {
    const { selector } = this.#choice;
    const expected = this.#isAll ? this.#announce(await this.#catalogue.rows.count()) : undefined;
    const found = new Counted();
    for (const below of selector.roots)
      await this.#compare(this.#batches({ below }), new Frontier(''), found);
    this.#ended(expected, found);
  }

  async #sample(percent: number): Promise<void> {
    const key = roundKey(this.#choice.shard);
    const before = await this.#roundOf(key);
    const left = await this.#catalogue.rows.count({ after: before.after });
    const toTake = rowsToTake(percent, before, left.records);
    const isLast = endsRound(percent, before);
    const bytes = left.records === 0 ? 0 : Math.round((left.bytes * toTake) / left.records);
    const expected = this.#announce({ records: toTake, bytes });
    const { logger } = this.#dependencies;
    logger.info(`this run compares ${toTake} rows of the catalogue; ${left.records} are left in this round`, {
      ...{ after: before.after, roundPercent: Math.round(before.done * 1000) / 1000 },
    });
    const found = new Counted();
    const frontier = new Frontier(before.after);
    const keep = () => {
      const { rows: taken, last } = frontier;
      const after = roundAfter(percent, before, { taken, toTake, last: taken === 0 ? undefined : last });
      this.#catalogue.note({ kind: 'meta', key, value: roundText(after) });
    };
    const timer = setInterval(keep, cursorMilliseconds);
    try {
      const most = isLast ? Infinity : toTake;
      await this.#compare(this.#batches({ after: before.after, most }), frontier, found);
    } finally {
      clearInterval(timer);
      keep();
    }
    this.#ended(expected, found);
  }

  async #roundOf(key: string): Promise<AuditRound> {
    const round = parseRound(await this.#catalogue.rows.meta(key));
    // There is nothing behind it: the next round begins.
    return (await this.#catalogue.rows.count({ after: round.after })).records > 0 ? round : NEW_ROUND;
  }

  /** Rows whose paths are chosen, as many at once as are statted at once. @param most rows that are looked at, chosen or not */
  async *#batches({
    below,
    after,
    most = Infinity,
  }: {
    below?: string;
    after?: string;
    most?: number;
  }): AsyncGenerator<Batch, void, undefined> {
    let left = most;
    for await (const page of this.#catalogue.rows.pages({ below, after })) {
      for (let at = 0; at < page.length && left > 0; at += statBatch) {
        const looked = page.slice(at, at + Math.min(statBatch, left));
        left -= looked.length;
        const rows = looked.filter(({ path }) => this.#choice.chosen(path));
        yield { rows, looked: looked.length, last: looked.at(-1)?.path ?? '' };
      }
      if (left <= 0 || this.#run.signal.aborted) return;
    }
  }

  async #compare(batches: AsyncIterable<Batch>, frontier: Frontier, found: Counted): Promise<void> {
    const { parallelStats } = this.#dependencies.config;
    const { signal } = this.#run;
    await forEachConcurrent(batches, statBatchesAhead(parallelStats) + batchesCompared, async (batch) => {
      if (signal.aborted) return;
      const passed = frontier.begin(batch.looked, batch.last);
      for (const { size } of batch.rows) found.add(size);
      if (!this.#isAll) for (const { size } of batch.rows) this.#run.progress.found(size);
      if (await this.#batch(batch.rows)) passed();
      await this.#catalogue.keepUp();
    });
  }

  /** @returns false when the job ended before all of them did */
  async #batch(rows: readonly CatalogueRow[]): Promise<boolean> {
    const { signal } = this.#run;
    const stats = await this.#store.statMany(
      rows.map(({ path }) => path),
      signal,
    );
    const done = await Promise.all(
      rows.map((row, index) =>
        this.#run.file(row.path, row.size, async (attempt) => {
          const stat = attempt === 1 ? stats[index] : await this.#store.stat(row.path, signal);
          if (stat instanceof Error) throw stat;
          return await this.#records.outcome(row, stat ?? null);
        }),
      ),
    );
    return done.every(Boolean);
  }

  #announce(announced: Announced): Announced {
    if (!this.#isAll) return { records: 0, bytes: 0 };
    this.#run.progress.expect(announced.records, announced.bytes);
    return announced;
  }

  /** What was announced and didn't come is taken back. */
  #ended(announced: Announced | undefined, found: Counted): void {
    const { progress } = this.#run;
    if (announced !== undefined && this.#isAll)
      progress.expect(found.records - announced.records, found.bytes - announced.bytes);
    progress.walkEnded();
  }

  /** Losses of which no row tells, since another record has their name. */
  async #replaced(): Promise<void> {
    for await (const loss of this.#catalogue.rows.replacedLosses()) {
      if (this.#run.signal.aborted) return;
      if (this.#choice.chosen(loss.path)) this.#run.finish(replacedLoss(loss));
    }
  }

  /** Counts as failed what was named and isn't in the catalogue. */
  #missing(): void {
    if (this.#run.signal.aborted) return;
    const { selector, shard } = this.#choice;
    for (const path of missing(selector.unmatched(), new Set(), shard)) {
      const failure = { path, code: 'NotFound', message: 'nothing in the catalogue is named so' };
      this.#run.finish({ result: 'failed', failure });
    }
  }
}

interface Batch {
  rows: CatalogueRow[];
  /** Rows that were looked at, chosen or not. */
  looked: number;
  /** Path of the last of them. */
  last: string;
}

/** Under which the catalogue keeps where the round is. */
function roundKey(shard: Shard | undefined): string {
  return nameFor(shard, 'audit_round');
}

function problem(message: string): ConfigError {
  return new ConfigError([{ key: 'samplePercent', message }]);
}
