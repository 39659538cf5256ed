/** Lets as many checksum queries run at once as the server bears: more than that, and it stalls. */
import pLimit from 'p-limit';
import { queryBounds } from '../rules/query_bounds.js';
import { QueryTuner } from '../rules/query_tuner.js';
import { UsualTime } from '../rules/usual_time.js';
import { secondsToSum } from './server_checksums.js';

export class ChecksumLane {
  readonly #most: number;
  readonly #version: () => Promise<string | undefined>;
  readonly #limit = pLimit(1);
  readonly #usual = new UsualTime();
  #tuner: Promise<QueryTuner> | undefined;

  /**
   * @param most queries at once
   * @param version of the server; asked for before the first query
   */
  constructor(most: number, version: () => Promise<string | undefined>) {
    this.#most = most;
    this.#version = version;
  }

  async run<T>(size: number, query: () => Promise<T>): Promise<T> {
    const tuner = await (this.#tuner ??= this.#begin());
    return await this.#limit(() => this.#watch(tuner, size, query));
  }

  async #begin(): Promise<QueryTuner> {
    try {
      const tuner = new QueryTuner(queryBounds(await this.#version(), this.#most));
      this.#limit.concurrency = tuner.limit;
      return tuner;
    } catch (error) {
      // The next one asks anew.
      this.#tuner = undefined;
      throw error;
    }
  }

  /** Learns while the query runs: one that is lost may never end. */
  async #watch<T>(tuner: QueryTuner, size: number, query: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const allowed = this.#usual.lateAfter + secondsToSum(size) * 1000;
    const timer = setTimeout(() => {
      tuner.late();
      this.#limit.concurrency = tuner.limit;
    }, allowed);
    timer.unref();
    try {
      const answer = await query();
      const took = performance.now() - started;
      this.#usual.answered(took);
      if (took < allowed) tuner.inTime();
      this.#limit.concurrency = tuner.limit;
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }
}
