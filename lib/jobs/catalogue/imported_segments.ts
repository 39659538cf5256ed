/** Takes over what is in a catalogue's segments, in their order, and names those that are missing or aren't what they were. */
import { rm } from 'node:fs/promises';
import type { Catalogue } from '../../catalogue/catalogue.js';
import { segmentName, type SegmentHeader } from '../../catalogue/segment.js';
import { readSegment } from '../../catalogue/segment_file.js';
import { pendingChange, segmentState, stateChanges } from '../../catalogue/segment_state.js';
import type { ArchiveConfig, Logger } from '../../config/index.js';
import { mapConcurrent } from '../../flow/map_concurrent.js';
import type { RemoteStore } from '../../remote/store.js';
import { failed } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import { Evictions } from '../staging/eviction_queue.js';
import { Stager } from '../staging/stager.js';
import { fetchSegment, type FetchContext, type FetchedSegment } from './fetched_segment.js';
import { sequences } from './segment_server.js';

export interface ImportContext {
  config: ArchiveConfig;
  logger: Logger;
  run: JobRun;
  catalogue: Catalogue;
  /** Where the segments are. */
  store: RemoteStore;
}

export interface ImportedCounts {
  segments: number;
  /** Lines: a row that has changed is in several segments. */
  rows: number;
  forgotten: number;
}

/** Segments that are asked of tape together, and lie here at once at most. */
const inFlight = 64;
const AT_ONCE = 1000;

export class ImportedSegments {
  readonly #context: ImportContext;
  readonly #fetching: FetchContext;
  readonly #counts: ImportedCounts = { segments: 0, rows: 0, forgotten: 0 };
  /** The newest, which was read to see where to begin. */
  readonly #fetched = new Map<number, FetchedSegment>();
  /** The last one that was fetched, for the chain to go on. */
  #last: FetchedSegment | undefined;

  constructor(context: ImportContext) {
    const { config, logger, run, catalogue, store } = context;
    const { emit, signal } = run;
    const stager = new Stager({ config, store, emit, logger, signal });
    const evictions = new Evictions(stager.staged, logger);
    this.#context = context;
    this.#fetching = { run, store, stager, evictions, prefix: `${catalogue.file}.segment.` };
  }

  /** Segments that wait for tape. */
  get waiting(): number {
    return this.#fetching.stager.waiting;
  }

  /**
   * @param wasEmpty the catalogue knew nothing: it becomes the one of this id, and goes on with its chain of segments
   * @throws {XRootDError} when they can't be listed
   */
  async all(id: string, wasEmpty: boolean): Promise<ImportedCounts> {
    const { stager, evictions } = this.#fetching;
    const { run, store } = this.#context;
    try {
      const found = await sequences(store, id, run.signal);
      if (found.length === 0) this.#missing(id, 1, 1);
      const begin = await this.#beginning(id, found);
      const after = found.filter((sequence) => sequence >= begin);
      let whole = await this.#import(id, after, begin, undefined);
      if (!whole && begin > 1) {
        // What is missing there may be in older ones.
        const before = found.filter((sequence) => sequence < begin);
        whole = (await this.#import(id, before, 1, begin)) && whole;
      }
      run.signal.throwIfAborted();
      await this.#takeOver(id, wasEmpty, whole ? begin : 0);
    } finally {
      for (const { file } of this.#fetched.values()) await rm(file, { force: true });
      await stager.idle();
      await evictions.flush();
      run.extra.evicted = evictions.evicted;
    }
    return this.#counts;
  }

  /** Where the last full one begins, as the newest that can be read says. */
  async #beginning(id: string, found: readonly number[]): Promise<number> {
    for (const sequence of found.toReversed()) {
      const fetched = await fetchSegment(id, sequence, this.#fetching);
      if (fetched === undefined) break;
      this.#fetched.set(sequence, fetched);
      if (fetched.header !== undefined) return Math.max(1, fetched.header.full);
    }
    return 1;
  }

  /**
   * @param first which should be there first
   * @param until which should come next behind them; undefined: nothing is known to come
   * @returns are all there, as they were written?
   */
  async #import(
    id: string,
    found: readonly number[],
    first: number,
    until: number | undefined,
  ): Promise<boolean> {
    const { run } = this.#context;
    let whole = true;
    let expected = first;
    const near: FetchedSegment[] = [];
    const gap = (to: number) => {
      if (to > expected) whole = this.#missing(id, expected, to - 1);
    };
    const judge = async () => {
      const [segment, next, afterNext] = near;
      if (segment !== undefined && !(await this.#take(segment, next, afterNext))) whole = false;
      near.shift();
    };
    const source = (async function* () {
      yield* await Promise.resolve(found);
    })();
    try {
      const fetch = async (sequence: number) =>
        this.#fetched.get(sequence) ?? (await fetchSegment(id, sequence, this.#fetching));
      for await (const fetched of mapConcurrent(source, inFlight, fetch)) {
        if (fetched === undefined) continue;
        gap(fetched.sequence);
        expected = fetched.sequence + 1;
        near.push(fetched);
        if (near.length > 2) await judge();
      }
      while (near.length > 0) await judge();
    } finally {
      for (const sequence of found) await rm(`${this.#fetching.prefix}${sequence}`, { force: true });
    }
    if (run.signal.aborted) return false;
    gap(until ?? expected);
    return whole;
  }

  #missing(id: string, from: number, to: number): false {
    const what = from === to ? 'this segment is' : `this segment and those up to ${to} are`;
    const message = `${what} missing: what the catalogue learned then may be lost`;
    this.#context.run.finish(failed(segmentName(id, from), 'MissingSegment', message));
    return false;
  }

  /** @returns false, and a failure is reported, if it isn't what was written */
  async #take(
    segment: FetchedSegment,
    next: FetchedSegment | undefined,
    afterNext: FetchedSegment | undefined,
  ): Promise<boolean> {
    const { run } = this.#context;
    const { sequence, name: path, size, file, header, failure } = segment;
    run.progress.found(size);
    if (segment.hash !== undefined && sequence > (this.#last?.sequence ?? 0)) this.#last = segment;
    if (failure !== undefined) {
      run.finish({ result: 'failed', failure }, { path, size });
      return false;
    }
    // What a segment says counts unless the one behind it says that it isn't what it was.
    if (disagree(segment, next) && !disagree(next, afterNext)) {
      const message = `its bytes are not those that the next segment was written after: SHA-256 ${segment.hash}`;
      run.finish(failed(path, 'DamagedSegment', message), { path, size });
      return false;
    }
    await this.#note(file, header);
    await rm(file, { force: true });
    run.finish({ result: 'noted' }, { path, size });
    this.#counts.segments += 1;
    return true;
  }

  async #note(file: string, header: SegmentHeader | undefined): Promise<void> {
    const { catalogue, run } = this.#context;
    let noted = 0;
    for await (const lines of readSegment(file)) {
      run.signal.throwIfAborted();
      for (const line of lines)
        catalogue.note(
          'row' in line
            ? { kind: 'imported', row: line.row }
            : { kind: 'imported_forgotten', forgotten: line.forgotten },
        );
      noted += lines.length;
      if (noted >= AT_ONCE) {
        await catalogue.flush();
        noted = 0;
      }
    }
    await catalogue.flush();
    this.#counts.rows += header?.rows ?? 0;
    this.#counts.forgotten += header?.forgotten ?? 0;
  }

  /** @param full where the last full one begins; 0: the next one must be full, since something is missing */
  async #takeOver(id: string, wasEmpty: boolean, full: number): Promise<void> {
    const { catalogue } = this.#context;
    const { hash, sequence } = this.#last ?? {};
    if (hash === undefined || sequence === undefined || (!wasEmpty && catalogue.id !== id)) return;
    const known = await segmentState(catalogue);
    if (known.sequence >= sequence) return;
    if (wasEmpty) {
      const batch = Number((await catalogue.meta('batch')) ?? 0);
      catalogue.note({ kind: 'exported', batch });
      catalogue.note({ kind: 'meta', key: 'id', value: id });
    }
    const segments = full === 0 ? 0 : this.#counts.segments;
    const state = { sequence, hash, full, segments, rows: this.#counts.rows, begun: null };
    for (const change of stateChanges(state)) catalogue.note(change);
    await catalogue.durable(pendingChange(undefined));
  }
}

function disagree(segment: FetchedSegment | undefined, next: FetchedSegment | undefined): boolean {
  if (segment === undefined || next?.header === undefined) return false;
  return next.sequence === segment.sequence + 1 && next.header.previous !== segment.hash;
}
