/** Only one of several services on a cache works; the others try to take over before each of their slots. */
import type { Logger } from '../config/index.js';
import { acquireServiceLock, LockedError, type PassLock } from '../cache/lock.js';

export class Leadership {
  readonly #logger: Logger;
  #held: { cache: string; lock: PassLock } | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Takes the lock unless it is held already; false when another service has it.
   * @throws {ConfigError} when the cache isn't there
   */
  async leads(cache: string): Promise<boolean> {
    if (this.#held?.cache === cache) return true;
    await this.release();
    try {
      this.#held = { cache, lock: await acquireServiceLock(cache) };
      return true;
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      this.#logger.info(`standing by: ${error.message}`);
      return false;
    }
  }

  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.lock.release();
  }
}
