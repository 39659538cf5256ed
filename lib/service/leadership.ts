/** Only one of several services on a cache works; the others try to take over before each of their slots. */
import type { Logger } from '../config/index.js';
import { acquireServiceLock, LockedError, type PassLock } from '../cache/lock.js';

export class Leadership {
  readonly #logger: Logger;
  #held: { cache: string; lock: PassLock } | undefined;
  /** Two lanes may ask at once: the second would take the first one's lock for another service's. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Takes the lock unless it is held already; false when another service has it.
   * @throws {ConfigError} when the cache isn't there
   */
  leads(cache: string): Promise<boolean> {
    return this.#inTurn(() => this.#take(cache));
  }

  release(): Promise<void> {
    return this.#inTurn(() => this.#release());
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #take(cache: string): Promise<boolean> {
    if (this.#held?.cache === cache) return true;
    await this.#release();
    try {
      this.#held = { cache, lock: await acquireServiceLock(cache) };
      return true;
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      this.#logger.info(`standing by: ${error.message}`);
      return false;
    }
  }

  async #release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.lock.release();
  }
}
