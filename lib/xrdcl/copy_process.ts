/** `XrdCl::CopyProcess`: copies between any two ends, on threads of the addon. */
import { onAbort } from './abort.js';
import {
  addon,
  copyEnded,
  copyProgress,
  copyStarted,
  type NativeCopyResults,
  type NativeOperation,
  type NativeSmallCopyResults,
  type NativeStatus,
} from './addon.js';
import type { Checksum } from './checksum.js';
import { checksumOf, planChecksums, verifyChecksums } from './copy_checksums.js';
import { jobPropertiesOf, type CopyJobOptions, type JobProperties } from './copy_options.js';
import { checkLocalTarget, leavesPartial } from './copy_target.js';
import { XRootDError } from './error.js';
import { isSmallCopy, startSmallCopy } from './small_copy.js';
import { errorResponse, localError, operationInterrupted } from './status_codes.js';

export interface CopyResult {
  /** Position of the job, in the order of `add`. */
  index: number;
  source: string;
  target: string;
  /** Undefined when the copy is complete. */
  error: XRootDError | undefined;
  /** Bytes copied. */
  size: number;
  /** As computed while reading, with `checkSumMode` `source` or `end2end`. */
  sourceChecksum?: Checksum;
  /** The server's, with `checkSumMode` `target` or `end2end`. */
  targetChecksum?: Checksum;
  /** It is of the file as it was read again once it was written: always on servers, of local files if they are small. */
  targetAtRest: boolean;
  /** All sources that were read; libXrdCl documents more, and up to 6.1 tells none: then the one that was asked for. */
  sources: string[];
  /** The data server that took it; documented by libXrdCl, told by none up to 6.1. */
  realTarget?: string;
  /** The failed copy made a target that could not be removed again, or not be asked about: say so to somebody. */
  partialLeft: boolean;
}

export interface CopyProgress {
  index: number;
  source: string;
  target: string;
  /** Bytes handed to the target so far; flush, close and checksum come after the last. */
  bytes: number;
  /** 0 for a `dynamicSource`. */
  size: number;
}

export type CopyJob = Pick<CopyProgress, 'index' | 'source' | 'target'>;

export interface RunOptions {
  /** Jobs at the same time, 1 to 128, default 1. The process as a whole runs 128 at most, others wait. */
  parallel?: number;
  onJobStart?: (job: CopyJob) => void;
  onProgress?: (progress: CopyProgress) => void;
  onJobEnd?: (result: CopyResult) => void;
  /** `onProgress` calls a second and job, more than 0 to 1,000, default 10. The last one, at 100 %, always comes. */
  progressPerSecond?: number;
  /**
   * Ends running and queued jobs: within a second while data flows, within libXrdCl's stream timeout (10 s) at a
   * silent server. `run` resolves when they have ended; they have the error `OperationInterrupted`.
   */
  signal?: AbortSignal;
}

interface Job extends CopyJob {
  properties: JobProperties;
  sizeHint: number | undefined;
}

/** Milliseconds in which a cancelled copy ends when data flow. */
const stall = 3000;

export class CopyProcess {
  readonly #jobs: Job[] = [];
  #ran = false;

  /** Number of jobs; there is no limit. */
  get size(): number {
    return this.#jobs.length;
  }

  /**
   * Adds a copy and returns its index.
   * @throws TypeError, RangeError for options that libXrdCl would misread; nothing is added.
   */
  add(options: CopyJobOptions): number {
    if (this.#ran) throw new Error('this CopyProcess has run; make another one');
    const index = this.#jobs.length;
    this.#jobs.push({
      index,
      source: options.source,
      target: options.target,
      properties: jobPropertiesOf(options),
      sizeHint: options.sizeHint,
    });
    return index;
  }

  /**
   * Runs all jobs and resolves with their results, in order; a job that fails fails alone. What a failed job without
   * `force` and `continue` had made at its target is removed.
   * @throws what one of the listeners threw, after all jobs were cancelled and have ended.
   */
  async run(options: RunOptions = {}): Promise<CopyResult[]> {
    const { parallel = 1, progressPerSecond = 10, signal } = options;
    if (!Number.isInteger(parallel) || parallel < 1 || parallel > 128) {
      throw new RangeError('parallel must be a whole number from 1 to 128');
    }
    if (!(progressPerSecond > 0 && progressPerSecond <= 1000)) {
      throw new RangeError('progressPerSecond must be more than 0, and 1000 at most');
    }
    if (this.#ran) throw new Error('this CopyProcess has run; make another one');
    this.#ran = true;

    const stop = new AbortController();
    let thrown: { error: unknown } | undefined;
    const safely = (call: () => void) => {
      if (thrown !== undefined) return;
      try {
        call();
      } catch (error) {
        thrown = { error };
        stop.abort();
      }
    };
    const ignore = onAbort(signal, () => {
      stop.abort(signal?.reason);
    });
    const results: CopyResult[] = new Array<CopyResult>(this.#jobs.length);
    const queue = this.#jobs.values();
    const worker = async () => {
      for (const job of queue) {
        const result = await runJob(job, options, stop.signal, safely, Math.ceil(1000 / progressPerSecond));
        results[job.index] = result;
        safely(() => options.onJobEnd?.(result));
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, this.#jobs.length) }, worker));
    ignore();
    if (thrown !== undefined) throw thrown.error;
    return results;
  }
}

/** Never aborts. */
const unstoppable = new AbortController().signal;

/**
 * One copy, without the room that many need. Never rejects but for bad options: what went wrong is in the result.
 * @throws TypeError, RangeError as `CopyProcess.add`; what the listener threw, after the copy has ended
 */
export async function copyFile(
  options: CopyJobOptions,
  { onProgress, progressPerSecond = 10, signal = unstoppable }: Omit<RunOptions, 'parallel'> = {},
): Promise<CopyResult> {
  const { source, target, sizeHint } = options;
  const job: Job = { index: 0, source, target, sizeHint, properties: jobPropertiesOf(options) };
  let thrown: { error: unknown } | undefined;
  const safely = (call: () => void) => {
    try {
      call();
    } catch (error) {
      thrown ??= { error };
    }
  };
  const listeners = onProgress ? { onProgress } : {};
  const result = await runJob(job, listeners, signal, safely, Math.ceil(1000 / progressPerSecond));
  if (thrown !== undefined) throw thrown.error;
  return result;
}

async function runJob(
  job: Job,
  { onJobStart, onProgress }: RunOptions,
  signal: AbortSignal,
  safely: (call: () => void) => void,
  interval: number,
): Promise<CopyResult> {
  const { index, source, target } = job;
  let last = -1;
  const tell = (bytes: number, size: number) => {
    last = bytes;
    safely(() => onProgress?.({ index, source, target, bytes, size }));
  };
  if (signal.aborted) {
    return resultOf(job, interrupted('cancelled before it started'), { bytes: 0 }, false);
  }
  const { native, plan } = planChecksums(job.properties);
  const copied = await copyEither(native, job.sizeHint, interval, signal, {
    started: () => {
      safely(() => onJobStart?.({ index, source, target }));
    },
    progress: tell,
  });
  const { error, results, cancelled, stalled, opened } = copied;
  const atRest = copied.small || plan?.target !== undefined;
  const failure = error ?? (plan && (await verifyChecksums(plan, results, signal)));
  if (failure !== undefined) {
    const partialLeft = await leavesPartial({ properties: native, failure, opened, stalled });
    // A copy that is cancelled while it connects, or at a silent server, fails as such; but it was cancelled.
    const told = cancelled && !isAnswer(failure) ? interrupted(failure.message) : failure;
    return resultOf(job, told, results, partialLeft);
  }
  const size = results.size ?? results.bytes;
  if (last !== size) tell(size, size);
  return { ...resultOf(job, undefined, results, false), targetAtRest: atRest };
}

interface Copied {
  error: NativeStatus | undefined;
  results: NativeCopyResults;
  cancelled: boolean;
  /** It took long to end after it was cancelled: one of its ends is silent. */
  stalled: boolean;
  /** The copy opened its target, which without `force` was not there before. */
  opened: boolean;
  small: boolean;
}

async function copyEither(
  properties: JobProperties,
  sizeHint: number | undefined,
  interval: number,
  signal: AbortSignal,
  on: { started: () => void; progress: (bytes: number, size: number) => void },
): Promise<Copied> {
  let { started } = on;
  if (isSmallCopy(properties, sizeHint)) {
    started();
    started = () => undefined;
    const end = await ending<NativeSmallCopyResults>(signal, (ended) => startSmallCopy(properties, ended));
    const { made, tooLarge } = end.results;
    if (!tooLarge) return { ...end, opened: made, small: true };
  }
  const end = await ending<NativeCopyResults>(signal, (ended) =>
    addon.copy(properties, interval, (event, first, second) => {
      if (event === copyStarted) started();
      else if (event === copyProgress) on.progress(first as number, second as number);
      else if (event === copyEnded) ended(first as NativeStatus | undefined, second as NativeCopyResults);
    }),
  );
  const opened = end.error === undefined || end.results.bytes > 0;
  const error = end.error ?? (await checkLocalTarget(properties, end.results));
  return { ...end, error, opened, small: false };
}

type Ended<R> = (error: NativeStatus | undefined, results: R) => void;

/** The end of a copy, cancelled by the signal. */
function ending<R>(
  signal: AbortSignal,
  start: (ended: Ended<R>) => NativeOperation,
): Promise<Pick<Copied, 'error' | 'cancelled' | 'stalled'> & { results: R }> {
  let cancelledAt = Infinity;
  return new Promise((resolve) => {
    const operation = start((error, results) => {
      ignore();
      const cancelled = cancelledAt < Infinity;
      resolve({ error, results, cancelled, stalled: performance.now() - cancelledAt > stall });
    });
    const ignore = onAbort(signal, () => {
      cancelledAt = performance.now();
      operation.cancel();
    });
  });
}

function interrupted(message: string): NativeStatus {
  return { status: 1, code: operationInterrupted, errNo: 3017, message };
}

function isAnswer({ code }: NativeStatus): boolean {
  return code === errorResponse || code === localError;
}

function resultOf(
  job: Job,
  failure: NativeStatus | undefined,
  results: NativeCopyResults,
  partialLeft: boolean,
): CopyResult {
  const { index, source, target } = job;
  const error = failure && new XRootDError(failure, { operation: 'copy', source, target });
  const result: CopyResult = {
    index,
    source,
    target,
    error,
    size: results.size ?? results.bytes,
    sources: results.sources?.length ? results.sources : [source],
    targetAtRest: false,
    partialLeft,
  };
  const sourceChecksum = checksumOf(results.sourceCheckSum);
  const targetChecksum = checksumOf(results.targetCheckSum);
  if (sourceChecksum) result.sourceChecksum = sourceChecksum;
  if (targetChecksum) result.targetChecksum = targetChecksum;
  if (results.realTarget !== undefined) result.realTarget = results.realTarget;
  return result;
}
