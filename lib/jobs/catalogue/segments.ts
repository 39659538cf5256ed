/**
 * After a pass, sends what the catalogue has learned to the server, so that it outlives this machine. A segment that fails is no
 * failure of any record: its rows wait for the next pass.
 */
import { rm } from 'node:fs/promises';
import { exclusively } from '../../cache/exclusive_file.js';
import type { Catalogue } from '../../catalogue/catalogue.js';
import { identityOfTarget } from '../../catalogue/open_catalogue.js';
import { segmentName } from '../../catalogue/segment.js';
import { hashOfFile, readHeader, writeSegment, type MadeSegment } from '../../catalogue/segment_file.js';
import { LinePages } from '../../catalogue/segment_pages.js';
import {
  failedChange,
  failedSegments,
  pendingChange,
  pendingSegment,
  segmentState,
  stateChanges,
  type PendingSegment,
  type SegmentState,
} from '../../catalogue/segment_state.js';
import type { ArchiveConfig, Logger } from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import type { RemoteStore } from '../../remote/store.js';
import { isFullDue, mayFullBeDue } from '../../rules/full_segment.js';
import type { JobRun } from '../run/job_run.js';
import { placeSegment, segmentStore, sequences, type PlaceContext } from './segment_server.js';

export interface SegmentOptions {
  catalogue: Catalogue;
  /** The target's. */
  store: LimitedStore;
  config: ArchiveConfig;
  run: Pick<JobRun, 'signal' | 'dryRun' | 'extra'>;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Lines in one segment, about. Default 200,000. */
  mostLines?: number;
  /** Segments before another full one. Default: as the rule says. */
  leastSegments?: number;
}

const MOST_LINES = 200_000;

/** Is there something that no segment has yet, or one that was begun? @throws {CatalogueError} */
export async function hasUnsent(catalogue: Catalogue): Promise<boolean> {
  if ((await segmentState(catalogue)).begun !== null) return true;
  return (await pendingSegment(catalogue)) !== undefined || (await hasChanges(catalogue));
}

async function hasChanges(catalogue: Catalogue): Promise<boolean> {
  const pages = await LinePages.of(catalogue, { changedUpTo: await batchOf(catalogue) });
  await pages.close();
  return !pages.isAtEnd;
}

/** Of the last commit, of this opening or an earlier one. */
async function batchOf(catalogue: Catalogue): Promise<number> {
  return Number((await catalogue.meta('batch')) ?? 0);
}

/** Never throws: what goes wrong is a warning of the pass, and `catalogue status` tells since when. */
export async function writeSegments(options: SegmentOptions): Promise<void> {
  const { catalogue, config, run, logger, now } = options;
  const isStopped = () => run.signal.aborted;
  if (!config.catalogueSegments || run.dryRun || isStopped()) return;
  try {
    // Passes over the cache and over online storage may end at once, and have one catalogue.
    const done = await exclusively(`${catalogue.file}.segment.lock`, async () => {
      await new SegmentWriter(options).all();
      if ((await failedSegments(catalogue)) !== undefined) await catalogue.durable(failedChange(undefined));
    });
    if (!done)
      logger.info('another process writes segments of the catalogue: what is new waits for the next pass');
  } catch (error) {
    // Stopped, or the server is gone: that is told already.
    if (isStopped()) return;
    const at = new Date(now()).toISOString();
    const message = error instanceof Error ? error.message : String(error);
    const since = (await failedSegments(catalogue).catch(() => undefined))?.since ?? at;
    // A catalogue that can't be written is told by the pass.
    await catalogue.durable(failedChange({ since, at, message })).catch(() => undefined);
    const advice = 'should this machine be lost, what the catalogue has learned since then is lost with it';
    const warning = `the catalogue's changes since ${since} are not on the server: ${message}; ${advice}`;
    run.extra.warnings = [...(run.extra.warnings ?? []), warning];
    logger.warn(warning);
  }
}

class SegmentWriter {
  readonly #catalogue: Catalogue;
  readonly #store: RemoteStore;
  readonly #options: SegmentOptions;
  readonly #context: PlaceContext;
  /** The segment that is made, beside the catalogue. */
  readonly #file: string;
  #state!: SegmentState;

  constructor(options: SegmentOptions) {
    const { catalogue, store, config, run, logger, now } = options;
    this.#catalogue = catalogue;
    this.#store = segmentStore(store, config);
    this.#options = options;
    this.#context = { config, store: this.#store, logger, now, signal: run.signal };
    this.#file = `${catalogue.file}.segment`;
  }

  async all(): Promise<void> {
    await this.#catalogue.flush();
    this.#state = await segmentState(this.#catalogue);
    await this.#resume();
    // A full one that was begun is ended first, since everything that changes meanwhile comes after it.
    if (this.#state.begun !== null) await this.#write('full');
    if (!(await hasChanges(this.#catalogue))) return;
    await this.#write((await this.#isFullDue()) ? 'full' : 'changes');
  }

  /** A crash came between an upload and its note: the file is still here, and goes there, if it isn't there yet. */
  async #resume(): Promise<void> {
    const pending = await pendingSegment(this.#catalogue);
    if (pending === undefined) return;
    const hash = await hashOfFile(this.#file).catch(() => undefined);
    if (hash !== pending.hash || !(await this.#place(pending))) await this.#drop();
  }

  async #isFullDue(): Promise<boolean> {
    const { segments, rows, full } = this.#state;
    const { leastSegments } = this.#options;
    const since = { segments, rows, hasFull: full > 0 };
    if (!mayFullBeDue(since, leastSegments)) return false;
    const { in_cache, waiting, on_tape, lost } = await this.#catalogue.summary();
    const known = in_cache.records + waiting.records + on_tape.records + lost.records;
    return isFullDue(since, known, leastSegments);
  }

  /** Writes segments until there is nothing left of what there was at the start. */
  async #write(kind: 'changes' | 'full'): Promise<void> {
    const { begun } = this.#state;
    // What changed after the beginning of a full one may be in a part that is written already.
    const batch = begun?.batch ?? (await batchOf(this.#catalogue));
    const from = begun?.upTo ?? '';
    const changedUpTo = kind === 'full' ? undefined : batch;
    const pages = await LinePages.of(this.#catalogue, { changedUpTo, from });
    try {
      for (let rest = true; rest;) {
        const after = await this.#writeOne(kind, batch, pages);
        rest = !after;
      }
    } finally {
      await pages.close();
    }
  }

  /** @returns was it the last? */
  async #writeOne(kind: 'changes' | 'full', batch: number, pages: LinePages): Promise<boolean> {
    const { config, run, mostLines = MOST_LINES } = this.#options;
    const before = this.#state;
    const sequence = before.sequence + 1;
    const first = before.begun?.first ?? sequence;
    const made = await writeSegment(
      this.#file,
      pages,
      mostLines,
      (counted, isLast) => ({
        ...{
          archive: this.#catalogue.id,
          target: identityOfTarget(config.targetUrl),
          sequence,
          kind,
          ...counted,
        },
        ...{ full: kind === 'full' && isLast ? first : before.full, previous: before.hash },
        made: new Date(this.#options.now()).toISOString(),
      }),
      run.signal,
    );
    const upTo = made.upTo === '' ? (before.begun?.upTo ?? '') : made.upTo;
    const pending: PendingSegment = {
      ...{ sequence, hash: made.hash, batch, upTo: made.isLast ? undefined : upTo },
      after: after(before, made, { first, batch, upTo }),
    };
    await this.#catalogue.durable(pendingChange(pending));
    if (await this.#place(pending)) return made.isLast;
    await this.#drop();
    // The lines of this one are written again, under the next free number.
    await this.#write(kind);
    return true;
  }

  /** @returns false if its name is taken: then the state goes on behind what is there */
  async #place(pending: PendingSegment): Promise<boolean> {
    const { id } = this.#catalogue;
    const { sequence, hash, batch, upTo } = pending;
    if ((await placeSegment(this.#file, id, sequence, this.#context)) === 'taken') {
      await this.#goOnBehind(sequence);
      return false;
    }
    const { logger } = this.#options;
    logger.info('the catalogue’s changes are on the server', { segment: segmentName(id, sequence) });
    this.#state = { ...pending.after, sequence, hash };
    await this.#note(this.#state, { kind: 'exported', batch, upTo });
    await rm(this.#file, { force: true });
    return true;
  }

  /** In one commit. */
  async #note(state: SegmentState, ...more: Parameters<Catalogue['note']>[0][]): Promise<void> {
    for (const change of [...stateChanges(state), ...more]) this.#catalogue.note(change);
    await this.#catalogue.durable(pendingChange(undefined));
  }

  async #drop(): Promise<void> {
    await this.#catalogue.durable(pendingChange(undefined));
    await rm(this.#file, { force: true });
  }

  /**
   * Something stands there that isn't what we were to write: a crash lost the note and the local file of it, or this catalogue is older
   * than its segments. What is there stays; the next one has the hash of the last that is there.
   */
  async #goOnBehind(sequence: number): Promise<void> {
    const { signal } = this.#context;
    const { id } = this.#catalogue;
    const last = Math.max(sequence, ...(await sequences(this.#store, id, signal)));
    const name = segmentName(id, last);
    const remote = await this.#store.stat(name, signal);
    if (remote === null) throw new Error(`${name} was there a moment ago, and is gone`);
    if (remote.kind !== 'file') throw new Error(`something that is no regular file stands at ${name}`);
    if (remote.offline) {
      await this.#store.stage([name], signal);
      throw new Error(
        `${name} must be read first, and is on tape: it was asked for, and the next pass goes on`,
      );
    }
    const file = `${this.#file}.found`;
    await rm(file, { force: true });
    try {
      await this.#store.download(name, file, { sizeHint: remote.size, signal });
      const hash = await hashOfFile(file, signal);
      const header = await readHeader(file).catch(() => undefined);
      const ours = header?.archive === id && header.sequence === last;
      const advice = ours
        ? 'if this catalogue was restored from a backup, "xrootd-archive catalogue rebuild" brings what was found out later'
        : 'it is not readable as a segment of this catalogue; look who wrote it';
      this.#options.logger.warn(
        `segments up to ${last} are there already, which this catalogue doesn't know of: the next one is ${last + 1}; ${advice}`,
        { segment: name },
      );
      // A full one that was begun would have a hole. Behind what nobody can read the next one is to be full.
      this.#state = {
        ...this.#state,
        sequence: last,
        hash,
        begun: null,
        full: ours ? header.full : 0,
      };
      await this.#note(this.#state);
    } finally {
      await rm(file, { force: true });
    }
  }
}

function after(
  before: SegmentState,
  { header: { sequence, kind, rows, forgotten }, hash, isLast }: MadeSegment,
  begun: NonNullable<SegmentState['begun']>,
): SegmentState {
  const known = { sequence, hash };
  if (kind === 'changes') {
    const { full, segments } = before;
    return { ...known, full, segments: segments + 1, rows: before.rows + rows + forgotten, begun: null };
  }
  if (isLast) return { ...known, full: begun.first, segments: 0, rows: 0, begun: null };
  return { ...before, ...known, begun };
}
