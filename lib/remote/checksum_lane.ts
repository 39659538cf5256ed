/** Lets as many checksum queries run at once as the server bears: more than that, and it stalls. */
import pLimit from 'p-limit';
import { queryBounds } from '../rules/query_bounds.js';
import { QueryTuner } from '../rules/query_tuner.js';
import { UsualTime } from '../rules/usual_time.js';
import { secondsToSum } from './server_checksums.js';

export class ChecksumLane {
  readonly #most: number;
  readonly #version: (signal?: AbortSignal) => Promise<string | undefined>;
  readonly #limit = pLimit(1);
  readonly #usual = new UsualTime();
  #tuner: QueryTuner | undefined;

  /**
   * @param most queries at once
   * @param version of the server; asked for before the first query
   */
  constructor(most: number, version: (signal?: AbortSignal) => Promise<string | undefined>) {
    this.#most = most;
    this.#version = version;
  }

  async run<T>(size: number, query: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const version = await this.#version(signal);
    const tuner = (this.#tuner ??= this.#begin(version));
    return await this.#limit(() => this.#watch(tuner, size, query));
  }

  #begin(version: string | undefined): QueryTuner {
    const tuner = new QueryTuner(queryBounds(version, this.#most));
    this.#limit.concurrency = tuner.limit;
    return tuner;
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
