/** Gives up what a job staged: one request after the other, each with what came up meanwhile. */
import type { Logger } from '../config/index.js';
import type { Stager } from './stager.js';

/** A request waits for so many files, */
const enough = 200;
/** or for so long: a small buffer gets its room back while others wait for it. */
const lingerMilliseconds = 1000;

export class Evictions {
  readonly #stager: Stager;
  readonly #logger: Logger;
  #waiting: string[] = [];
  #sending: Promise<void> | undefined;
  #flushing = false;
  #evicted = 0;
  #wake = (): void => undefined;

  constructor(stager: Stager, logger: Logger) {
    this.#stager = stager;
    this.#logger = logger;
  }

  /** Files whose eviction the server has accepted. */
  get evicted(): number {
    return this.#evicted;
  }

  /** One that wasn't staged by the job stays as it is. */
  add(path: string): void {
    this.#waiting.push(path);
    if (this.#waiting.length >= enough) this.#wake();
    this.#sending ??= this.#send();
  }

  /** Resolves when all have been asked for; nothing is added afterwards. */
  async flush(): Promise<void> {
    this.#flushing = true;
    this.#wake();
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      if (this.#waiting.length < enough && !this.#flushing) await this.#linger();
      const names = this.#waiting;
      this.#waiting = [];
      try {
        this.#evicted += (await this.#stager.evict(names)).length;
      } catch (error) {
        this.#logger.warn(`not everything was evicted: ${String(error)}`, { files: names.length });
      }
    }
    this.#sending = undefined;
  }

  #linger(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, lingerMilliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
