/** The run of a job that brings files from tape: it waits for the stager, and evicts at the end what was staged. */
import type { LimitedStore } from '../../remote/limited_store.js';
import type { Report } from '../events/report.js';
import { JobRun, type JobDependencies, type JobRunOptions } from '../run/job_run.js';
import { Evictions } from './eviction_queue.js';
import { Stager, type StagerContext } from './stager.js';

export interface StagingRunOptions extends JobRunOptions, Pick<StagerContext, 'adopted' | 'record'> {
  /** Give up the disk buffer's copies of what it staged. Default false. */
  evict?: boolean | undefined;
}

export class StagingRun {
  readonly run: JobRun;
  readonly stager: Stager;
  readonly #evictions: Evictions | undefined;

  constructor(store: LimitedStore, dependencies: JobDependencies, options: StagingRunOptions) {
    const { config, logger } = dependencies;
    const { adopted, record, evict = false } = options;
    this.run = new JobRun(store, dependencies, options);
    const { emit, signal } = this.run;
    const requests = { ...(adopted && { adopted }), ...(record && { record }) };
    this.stager = new Stager({ config, store, emit, logger, signal, ...requests });
    this.#evictions = evict ? new Evictions(this.stager.staged, logger) : undefined;
  }

  /** The job is done with a file, also with one that failed: nothing is to stay pinned in the disk buffer. */
  doneWith(path: string): void {
    this.#evictions?.add(path);
  }

  /** As JobRun.run(); ends when tape isn't waited for any more, and what was staged has been given up. */
  finish(work: () => Promise<void>): Promise<Report> {
    const whole = async () => {
      try {
        await work();
      } finally {
        await this.stager.idle();
        await this.#evictions?.flush();
        if (this.#evictions !== undefined) this.run.extra.evicted = this.#evictions.evicted;
      }
    };
    return this.run.run(whole, () => this.stager.waiting);
  }
}
