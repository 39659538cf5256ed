import { setTimeout as delay } from 'node:timers/promises';
import { Once } from '../flow/once.js';
import { FileSystem, XRootDError } from '../xrdcl/index.js';

/** Seconds; far more than the checksum of a local file takes. */
const timeout = 40;

/**
 * Several attempts, because clients may ask at the same time, and then xrootd refuses some requests (robot.ts). One refusal is
 * "Cancelled by admin": the request joined a job for the same file that was just ending (XrdXrootdJob).
 */
const attempts = 5;
const retryMilliseconds = 100;

/**
 * Has the server compute what it can't compute any more once the file is evicted; it answers from its cache then, as
 * tape systems answer from their namespace.
 */
export class ChecksumKeeper {
  readonly #fileSystem: FileSystem;
  readonly #types = new Once(() => this.#fileSystem.queryChecksumTypes({ timeout }));

  constructor(url: string) {
    this.#fileSystem = new FileSystem(url);
  }

  /** @throws XRootDError */
  async cache(path: string): Promise<void> {
    for (const type of await this.#types.get()) await this.#ask(path, type);
  }

  async #ask(path: string, type: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#fileSystem.queryChecksum(path, type, { timeout });
        return;
      } catch (error) {
        if (!isPassing(error) || attempt === attempts) throw error;
        await delay(retryMilliseconds * attempt);
      }
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof XRootDError && (error.retryable || error.code === 'Cancelled');
}
