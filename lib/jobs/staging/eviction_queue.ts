/** Evicts what a job staged: one request after the other, each with the files that were added meanwhile. */
import type { Logger } from '../../config/index.js';
import type { StagedFiles } from './staged_files.js';

/** A request is sent as soon as this number of files waits. */
const enough = 200;
/** How long fewer files wait for more: short, so that a small buffer soon has free space again. */
const lingerMilliseconds = 1000;

export class Evictions {
  readonly #staged: StagedFiles;
  readonly #logger: Logger;
  #waiting: string[] = [];
  #sending: Promise<void> | undefined;
  #flushing = false;
  #evicted = 0;
  #wake = (): void => undefined;

  constructor(staged: StagedFiles, logger: Logger) {
    this.#staged = staged;
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

  /** Resolves when all have been asked for, late ones too; nothing is added afterwards. */
  async flush(): Promise<void> {
    this.#flushing = true;
    this.#wake();
    await this.#sending;
    await this.#count(() => this.#staged.evictLate());
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      if (this.#waiting.length < enough && !this.#flushing) await this.#linger();
      const names = this.#waiting;
      this.#waiting = [];
      await this.#count(() => this.#staged.evict(names), names.length);
    }
    this.#sending = undefined;
  }

  async #count(evict: () => Promise<string[]>, files?: number): Promise<void> {
    try {
      this.#evicted += (await evict()).length;
    } catch (error) {
      const number = files === undefined ? {} : { files };
      this.#logger.warn(`not everything was evicted: ${String(error)}`, number);
    }
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
