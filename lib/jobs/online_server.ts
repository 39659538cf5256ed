/** Online storage on another XRootD server. */
import type { ArchiveConfig, Target } from '../config/index.js';
import type { RemoteStat, RemoteStore } from '../remote/store.js';
import { sameIdentity, type Identity } from '../rules/identity.js';
import { isReserved, nameProblem } from '../rules/names.js';
import type { OnlineFile } from '../rules/retention.js';
import type { JobRun } from './job_run.js';
import { list } from './list.js';
import { Moved, MOVED } from './moved.js';
import type { OnlineStorage, OpenedFile } from './online_storage.js';

const NO_FILE = 'no regular file';
/** Whatever name it goes by, this could be the target. */
const ON_TAPE = 'on tape where it is online: is that the target?';

export class OnlineServer implements OnlineStorage {
  readonly #target: Target;
  readonly #store: RemoteStore;
  readonly #run: JobRun;
  readonly #config: Pick<ArchiveConfig, 'checksumType' | 'parallelStats'>;

  /** @param store of the online storage */
  constructor(
    target: Target,
    store: RemoteStore,
    run: JobRun,
    config: Pick<ArchiveConfig, 'checksumType' | 'parallelStats'>,
  ) {
    this.#target = target;
    this.#store = store;
    this.#run = run;
    this.#config = config;
  }

  nameProblem(path: string): string | undefined {
    return nameProblem(path, { base: this.#target.base });
  }

  async *files(): AsyncGenerator<OnlineFile, void, undefined> {
    const { signal } = this.#run;
    const only = (path: string) => !path.split('/').some(isReserved);
    const items = list(this.#store, [''], this.#config.parallelStats, { recursive: true, only, signal });
    for await (const { path, isDirectory, size, mtime } of this.#run.listed(items))
      if (!isDirectory) yield { path, identity: identityOf({ size, mtime }) };
  }

  async open(file: OnlineFile): Promise<OpenedFile> {
    const { path, identity } = file;
    const size = Number(identity.size);
    await this.#look(file);
    return {
      checksum: (length) => {
        if (length !== undefined)
          return Promise.resolve({ failed: `the target's file is shorter: ${length} of ${size} bytes` });
        return this.#store.checksum(path, this.#config.checksumType, size, this.#run.signal);
      },
      verified: () => identity,
      remove: async (removal) => {
        if (!sameIdentity(removal.identity, identity)) throw new Moved(MOVED.changed);
        await this.#look(file);
        await this.#store.remove(path, this.#run.signal);
        this.#run.emit({ type: 'file:removed', path, size, reason: removal.reason });
        return { result: 'removed', bytes: size };
      },
      close: () => undefined,
    };
  }

  /** @throws {Moved} unless it is what was listed, by a fresh stat, and lies on disk only */
  async #look({ path, identity }: OnlineFile): Promise<void> {
    const now = await this.#store.stat(path, this.#run.signal);
    if (now === null) throw new Moved(MOVED.gone);
    if (now.kind !== 'file') throw new Moved(NO_FILE);
    if (!sameIdentity(identityOf(now), identity)) throw new Moved(MOVED.changed);
    if (now.backUpExists || now.offline) throw new Moved(ON_TAPE);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function identityOf({ size, mtime }: Pick<RemoteStat, 'size' | 'mtime'>): Identity {
  const ns = BigInt(mtime.getTime()) * 1_000_000n;
  return { dev: 0n, ino: 0n, size: BigInt(size), mtimeNs: ns, ctimeNs: ns };
}
