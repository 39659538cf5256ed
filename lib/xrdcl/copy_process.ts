/** `XrdCl::CopyProcess`: copies between any two ends, on threads of the addon. */
import { onAbort } from '../addon/abort.js';
import { jobOf, runJob, type CopyJob, type CopyProgress, type CopyResult, type Job } from './copy_job.js';
import type { CopyJobOptions } from './copy_options.js';
import { hearRejection } from './late_rejection.js';
import type { RateLimit } from './rate_limit.js';

/** Listeners may be async. */
export interface RunOptions {
  /** Jobs at the same time, 1 to 128, default 1. The process as a whole runs 128 at most, others wait. */
  parallel?: number;
  /** Called when a copy begins. */
  onJobStart?: (job: CopyJob) => unknown;
  /** Called while a copy runs: see `progressPerSecond`. */
  onProgress?: (progress: CopyProgress) => unknown;
  /** Called when a copy has ended, well or not. */
  onJobEnd?: (result: CopyResult) => unknown;
  /** `onProgress` calls a second and job, more than 0 to 1,000, default 10. The last one, at 100 %, always comes. */
  progressPerSecond?: number;
  /**
   * Bytes a second between this process and servers, of all copies together that are given it; default none. Third-party
   * copies don't pass through here, and are not limited.
   */
  rateLimit?: RateLimit | undefined;
  /**
   * Ends running and queued jobs: within a second while data flows, within libXrdCl's stream timeout (10 s) at a
   * silent server. `run` resolves when they have ended; they have the error `OperationInterrupted`. An upload that the server lets
   * wait (kXR_wait) is given up after 15 s; a download ends when the server's time is over.
   */
  signal?: AbortSignal;
}

/** Copies, each between any two ends: a server's file or a local one. Add them, then run them all, once. */
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
    const job = jobOf(this.#jobs.length, options);
    this.#jobs.push(job);
    return job.index;
  }

  /**
   * Runs all jobs and resolves with their results, in order; a job that fails fails alone. What a failed job without
   * `force` and `continue` had made at its target is removed.
   * Async listeners aren't waited for before its end.
   * @throws what one of the listeners threw or rejected with, after all jobs were cancelled and have ended.
   */
  async run(options: RunOptions = {}): Promise<CopyResult[]> {
    const { parallel = 1, progressPerSecond = 10, rateLimit, signal } = options;
    if (!Number.isInteger(parallel) || parallel < 1 || parallel > 128) {
      throw new RangeError('parallel must be a whole number from 1 to 128');
    }
    checkRate(progressPerSecond);
    if (this.#ran) throw new Error('this CopyProcess has run; make another one');
    this.#ran = true;

    const stop = new AbortController();
    const listeners = new Listeners(() => {
      stop.abort();
    });
    const { safely } = listeners;
    const ignore = onAbort(signal, () => {
      stop.abort(signal?.reason);
    });
    const { onJobStart, onProgress } = options;
    const watch = { onJobStart, onProgress, progressPerSecond, rateLimit, signal: stop.signal, safely };
    const results: CopyResult[] = new Array<CopyResult>(this.#jobs.length);
    const queue = this.#jobs.values();
    const worker = async () => {
      for (const job of queue) {
        const result = await runJob(job, watch);
        results[job.index] = result;
        safely(() => options.onJobEnd?.(result));
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, this.#jobs.length) }, worker));
    ignore();
    await listeners.end();
    return results;
  }
}

/** Never aborts. */
const unstoppable = new AbortController().signal;

/**
 * One copy, without a `CopyProcess`. A failure of the copy is in the result; rejects only as `@throws` says.
 * @throws TypeError, RangeError as `CopyProcess.add`; what the listener threw or rejected with, after the copy has ended
 */
export async function copyFile(
  options: CopyJobOptions,
  {
    onProgress,
    progressPerSecond = 10,
    rateLimit,
    signal = unstoppable,
  }: Pick<RunOptions, 'onProgress' | 'progressPerSecond' | 'rateLimit' | 'signal'> = {},
): Promise<CopyResult> {
  checkRate(progressPerSecond);
  const listeners = new Listeners();
  const { safely } = listeners;
  const watch = { onProgress, progressPerSecond, rateLimit, signal, safely };
  const result = await runJob(jobOf(0, options), watch);
  await listeners.end();
  return result;
}

function checkRate(progressPerSecond: number): void {
  if (progressPerSecond > 0 && progressPerSecond <= 1000) return;
  throw new RangeError('progressPerSecond must be more than 0, and 1000 at most');
}

/** Listeners are called until one throws or rejects; that is kept for the end. */
class Listeners {
  #thrown: { error: unknown } | undefined;
  /** Promises of async ones that are still to settle. */
  #pending = 0;
  #settled: () => void = () => undefined;
  readonly #onThrow: () => void;

  constructor(onThrow: () => void = () => undefined) {
    this.#onThrow = onThrow;
  }

  readonly safely = (call: () => unknown): void => {
    if (this.#thrown !== undefined) return;
    try {
      const settled = hearRejection(call(), this.#failed);
      if (settled === undefined) return;
      this.#pending += 1;
      void settled.then(() => {
        this.#pending -= 1;
        if (this.#pending === 0) this.#settled();
      });
    } catch (error) {
      this.#failed(error);
    }
  };

  /** Waits for async ones. @throws what a listener threw */
  async end(): Promise<void> {
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#settled = resolve));
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }

  readonly #failed = (error: unknown): void => {
    if (this.#thrown !== undefined) return;
    this.#thrown = { error };
    this.#onThrow();
  };
}
