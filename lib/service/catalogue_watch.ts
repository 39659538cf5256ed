/** Reads the catalogue after each pass, and tells what it says. One look at a time; never during a request for the page. */
import type { Logger } from '../config/index.js';
import type { JobEvent } from '../jobs/events/events.js';
import { viewCatalogue, type CatalogueView, type ViewedConfig } from './catalogue_view.js';

export interface CatalogueWatchOptions {
  /** As it is now. */
  config: () => ViewedConfig;
  logger: Logger;
  tell: (view: CatalogueView) => void;
}

export class CatalogueWatch {
  readonly #options: CatalogueWatchOptions;
  #looking: Promise<void> | undefined;
  /** Something happened after the look that is under way had begun. */
  #again = false;
  #stopped = false;

  constructor(options: CatalogueWatchOptions) {
    this.#options = options;
  }

  /** The service plans its next pass when all that the last one did is written. */
  hear({ type }: JobEvent): void {
    if (type === 'pass:finished' || type === 'pass:scheduled') this.look();
  }

  look(): void {
    if (this.#stopped) return;
    this.#again = this.#looking !== undefined;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#again) this.look();
    });
  }

  /** Resolves when no look is under way any more. */
  async settled(): Promise<void> {
    while (this.#looking !== undefined) await this.#looking;
  }

  /** For good. Waits for a look that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.settled();
  }

  async #look(): Promise<void> {
    const { config, logger, tell } = this.#options;
    try {
      tell(await viewCatalogue(config()));
    } catch (error) {
      logger.error(`what the catalogue says can't be shown: ${String(error)}`);
    }
  }
}
