/** Finds out whether a failed request means that the server is gone: one ping answers for all files that failed meanwhile. */
import type { RemoteStore } from '../../remote/store.js';
import { XRootDError } from '../../xrdcl/index.js';
import { isServerFailure } from './failure.js';

export class ServerWatch {
  readonly #store: RemoteStore;
  readonly #stop: AbortController;
  #asking: Promise<XRootDError | undefined> | undefined;

  /** @param stop aborted when the server is gone */
  constructor(store: RemoteStore, stop: AbortController) {
    this.#store = store;
    this.#stop = stop;
  }

  /** Does this error mean that the server is gone? */
  async isEnd(error: unknown): Promise<boolean> {
    if (!isServerFailure(error)) return false;
    this.#asking ??= this.#store.ping().then(
      () => undefined,
      (failure: unknown) => (failure instanceof XRootDError ? failure : undefined),
    );
    const gone = await this.#asking;
    this.#asking = undefined;
    if (gone !== undefined && !this.#stop.signal.aborted) this.#stop.abort(gone);
    return gone !== undefined;
  }
}
