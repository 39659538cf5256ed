/** Notices a server that falls silent while it owes us an answer that may take long. */
import { XRootDError } from './error.js';

/** Seconds between two pings, and until one is given up: a dead server is noticed within their sum, and a second. */
const interval = 5;
const patience = 8;

export class SilenceWatch {
  readonly #ping: (timeout: number) => Promise<unknown>;
  readonly #waiting = new Set<(reason: XRootDError) => void>();
  #pinging = false;

  /** @param ping asks the server; rejects with XRootDError */
  constructor(ping: (timeout: number) => Promise<unknown>) {
    this.#ping = ping;
  }

  /** Calls `onSilence` at most once, when a ping isn't answered; until the returned function is called. */
  watch(onSilence: (reason: XRootDError) => void): () => void {
    this.#waiting.add(onSilence);
    if (!this.#pinging) void this.#pingWhileWaiting();
    return () => {
      this.#waiting.delete(onSilence);
    };
  }

  async #pingWhileWaiting(): Promise<void> {
    this.#pinging = true;
    while (await this.#stillWaiting()) {
      try {
        await this.#ping(patience);
      } catch (error) {
        // Any other error is an answer too.
        if (!(error instanceof XRootDError && error.isConnectionFailure)) continue;
        const waiting = [...this.#waiting];
        this.#waiting.clear();
        for (const onSilence of waiting) onSilence(error);
      }
    }
    this.#pinging = false;
  }

  async #stillWaiting(): Promise<boolean> {
    if (this.#waiting.size > 0) {
      await new Promise<void>((resolve) => {
        setTimeout(resolve, interval * 1000).unref();
      });
    }
    return this.#waiting.size > 0;
  }
}
