/** Restored files on another XRootD server: from server to server where both can, else through us. */
import type { LocalFile } from '../cache/receive.js';
import type { Target } from '../config/target.js';
import type { ArchiveConfig } from '../config/index.js';
import type { DownloadOptions, RemoteStore } from '../remote/store.js';
import type { Checksum } from '../rules/checksum.js';
import { checkNameText, remotePath } from '../rules/names.js';
import { urlOf, XRootDError, type ChecksumType } from '../xrdcl/index.js';
import type { Received, ReceiveOptions, Receiver } from './receiver.js';

/** What servers and libXrdCl say when a copy from server to server can't be. */
const noThirdParty = new Set([
  'NotSupported',
  'Unsupported',
  'OperationExpired',
  'InvalidRequest',
  'ArgInvalid',
]);

export class RemoteReceiver implements Receiver {
  readonly #target: Target;
  readonly #store: RemoteStore;
  readonly #config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;

  /** @param store of the target */
  constructor(target: Target, store: RemoteStore, config: Pick<ArchiveConfig, 'verify' | 'checksumType'>) {
    this.#target = target;
    this.#store = store;
    this.#config = config;
  }

  get place(): string {
    return this.#target.url;
  }

  nameProblem(name: string): string | undefined {
    const verdict = checkNameText(name, { base: this.#target.base });
    return verdict.ok ? undefined : verdict.reason;
  }

  async look(name: string, signal: AbortSignal | undefined): Promise<LocalFile | null> {
    const stat = await this.#store.stat(name, signal);
    return stat && { kind: stat.kind, size: stat.size };
  }

  async checksum(name: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum> {
    const stat = await this.#store.stat(name, signal);
    return this.#store.checksum(name, type, stat?.size ?? 0, signal);
  }

  async receive(
    store: RemoteStore,
    name: string,
    { overwrite, onProgress, signal }: ReceiveOptions,
    check: (received: Received) => Promise<void>,
  ): Promise<void> {
    // What is there was judged, and its replacement asked for; the copy itself never overwrites.
    if (overwrite) await this.#store.remove(name, signal);
    const target = urlOf(this.#target.endpoint, remotePath(this.#target.base, name));
    await this.#fetch(store, name, target, { onProgress, ...(signal && { signal }) });
    try {
      const size = (await this.#store.stat(name, signal))?.size ?? -1;
      const wanted = this.#config.verify === 'checksum' && size > 0;
      const { checksumType } = this.#config;
      const checksum = wanted ? await this.#store.checksum(name, checksumType, size, signal) : undefined;
      await check({ size, checksum });
    } catch (error) {
      // Made by this copy, which overwrites nothing: ours to take back.
      await this.#store.remove(name);
      throw error;
    }
  }

  async #fetch(store: RemoteStore, name: string, target: string, options: DownloadOptions): Promise<void> {
    try {
      await store.download(name, target, { ...options, thirdParty: true });
    } catch (error) {
      // libXrdCl's own fall-back doesn't know a server's "not supported" (3013).
      if (!(error instanceof XRootDError) || !noThirdParty.has(error.code)) throw error;
      // The attempt may have made an empty target; one that was there before would have failed with ItExists.
      const made = await this.#store.stat(name, options.signal);
      if (made?.size === 0) await this.#store.remove(name, options.signal);
      await store.download(name, target, options);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
