/**
 * Finds out whether the server is gone. One ping answers for all files whose requests failed meanwhile. And while a job runs, the
 * server is pinged every few seconds: requests that wait for an answer notice a silent server late, and those that wait for their
 * turn, or for tape, don't notice it at all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';
import { XRootDError } from '../../xrdcl/index.js';
import { isServerFailure } from './failure.js';

/** Seconds. */
export interface Patience {
  /** Between two pings that are answered. */
  between: number;
  /** For the answer to one ping. */
  ping: number;
  /** Between the beginnings of two pings, while none is answered. */
  again: number;
  /** From when the first of several pings that failed was sent: then the server is gone. */
  gone: number;
}

/** A server that falls silent is gone after 3 + 5 + 5 seconds. What is in flight then ends within 12 more (`StreamTimeout`). */
const usual: Patience = { between: 3, ping: 5, again: 2, gone: 9 };

export class ServerWatch {
  readonly #store: Pick<RemoteStore, 'ping' | 'pingApart'>;
  readonly #stop: AbortController;
  readonly #logger: Pick<Logger, 'warn' | 'info'>;
  readonly #patience: Patience;
  #asking: Promise<XRootDError | undefined> | undefined;

  /** @param stop aborted when the server is gone */
  constructor(
    store: Pick<RemoteStore, 'ping' | 'pingApart'>,
    stop: AbortController,
    logger: Pick<Logger, 'warn' | 'info'>,
    patience = usual,
  ) {
    this.#store = store;
    this.#stop = stop;
    this.#logger = logger;
    this.#patience = patience;
  }

  /** Does this error mean that the server is gone? */
  async isEnd(error: unknown): Promise<boolean> {
    if (!isServerFailure(error)) return false;
    this.#asking ??= failureOf(this.#store.ping());
    const gone = await this.#asking;
    this.#asking = undefined;
    if (gone !== undefined) this.#end(gone);
    return gone !== undefined;
  }

  /** Pings the server until the signal is aborted, or until it is gone. Never rejects. */
  async watch(signal: AbortSignal): Promise<void> {
    const { between, ping, again, gone } = this.#patience;
    /** When the first ping was sent of those that failed since the last answer. */
    let since: number | undefined;
    let sent = 0;
    const wait = () => (since === undefined ? between : again - (performance.now() - sent) / 1000);
    while (await pause(wait(), signal)) {
      sent = performance.now();
      const failure = await failureOf(this.#store.pingApart(ping, signal));
      if (signal.aborted) return;
      // Any other error is an answer, too.
      if (!failure?.isConnectionFailure) {
        if (since !== undefined) this.#logger.info('the server answers again');
        since = undefined;
      } else if (since === undefined) {
        since = sent;
        this.#logger.warn(`the server doesn't answer: ${failure.message}`);
      } else if (performance.now() - since >= gone * 1000) {
        this.#end(failure);
        return;
      }
    }
  }

  #end(gone: XRootDError): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(gone);
  }
}

function failureOf(ping: Promise<void>): Promise<XRootDError | undefined> {
  return ping.then(
    () => undefined,
    (failure: unknown) => (failure instanceof XRootDError ? failure : undefined),
  );
}

/** @returns false if the signal was aborted */
function pause(seconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(Math.max(0, seconds) * 1000, undefined, { signal, ref: false }).then(
    () => true,
    () => false,
  );
}
