/** Tells a file that failed from a server that is gone: asked once for all files that lost it. */
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

  /** Is this error the end of it all? */
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
