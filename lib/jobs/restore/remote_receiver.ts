/** Restored files on another XRootD server. */
import type { Target } from '../../config/target.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import { mayAsk } from '../../rules/comparison.js';
import { MAX_REMOTE_PATH_BYTES, nameProblem, remotePath } from '../../rules/names.js';
import type { ChecksumType } from '../../xrdcl/index.js';
import { remoteChecksum } from '../record/remote_checksum.js';
import type { Expected, Incoming, Receiver, Standing } from './receiver.js';
import { besideOf, gone, RemoteIncoming, versionOf } from './remote_incoming.js';

export class RemoteReceiver implements Receiver {
  readonly isLocal = false;
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
    const { base } = this.#target;
    const reason = nameProblem(name, { base });
    if (reason !== undefined) return reason;
    const bytes = Buffer.byteLength(remotePath(base, besideOf(name).temporary));
    if (bytes <= MAX_REMOTE_PATH_BYTES) return undefined;
    return `its name is too long: the path of its temporary file would have ${bytes} bytes, ${MAX_REMOTE_PATH_BYTES} are safe`;
  }

  async look(name: string, signal: AbortSignal | undefined): Promise<Standing | null> {
    const stat = await this.#store.stat(name, signal);
    return stat && { kind: stat.kind, size: stat.size, version: versionOf(stat) };
  }

  async checksum(name: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum> {
    const stat = await this.#store.stat(name, signal);
    if (stat === null) throw gone(name);
    const { verify, checksumType: configured } = this.#config;
    const asks = verify !== 'read' && mayAsk(type, await this.#store.checksumTypes(signal));
    const by = asks ? 'query' : 'read';
    const asking = { store: this.#store, verify, configured, signal };
    return await remoteChecksum(name, stat, { by, type }, asking);
  }

  begin(name: string, expected: Expected): Promise<Incoming> {
    return Promise.resolve(new RemoteIncoming(name, expected, this.#target, this.#store, this.#config));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
