/** Checksum queries: as many as the server is to work at, and more where they spend their time on the way. */
import pLimit from 'p-limit';
import { queriesInFlight } from '../rules/queries_in_flight.js';

/** Of each new duration in the mean: about the last ten count. */
const weight = 0.1;

export class QueryLane {
  readonly #atOnce: number;
  readonly #limit;
  #roundTrip = Infinity;
  #duration: number | undefined;

  /** @param atOnce queries for the server to work at */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
    this.#limit = pLimit(atOnce);
  }

  /** A request that costs the server next to nothing: the fastest tells how far away it is. */
  async light<T>(request: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const answer = await request();
    this.#roundTrip = Math.min(this.#roundTrip, performance.now() - started);
    return answer;
  }

  query<T>(ask: () => Promise<T>): Promise<T> {
    return this.#limit(async () => {
      const started = performance.now();
      const answer = await ask();
      const took = performance.now() - started;
      this.#duration =
        this.#duration === undefined ? took : this.#duration + weight * (took - this.#duration);
      const roundTrip = Number.isFinite(this.#roundTrip) ? this.#roundTrip : 0;
      this.#limit.concurrency = queriesInFlight(this.#atOnce, { roundTrip, duration: this.#duration });
      return answer;
    });
  }
}
