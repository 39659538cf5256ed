/** Online storage on another XRootD server. */
import { splitPath } from '../../cache/directory.js';
import type { ArchiveConfig, Logger, Target } from '../../config/index.js';
import { OtherFileRead } from '../../remote/server_checksums.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { sameIdentity, type Identity } from '../../rules/identity.js';
import { isReserved, nameProblem } from '../../rules/names.js';
import { RETAINED, type OnlineFile } from '../../rules/retention.js';
import type { JobRun } from '../run/job_run.js';
import { list } from '../run/list.js';
import { FileChanged, FILE_CHANGED } from '../record/file_changed.js';
import type { OnlineStorage, OpenedFile } from './online_storage.js';
import { SeparateServers } from '../separation/separate_servers.js';

const NO_FILE = 'no regular file';
/** A file that is on tape could be the target's, whatever the name of the server. */
const ON_TAPE = 'on tape where it is online: is that the target?';

export interface OnlineServerContext {
  config: Pick<ArchiveConfig, 'parallelStats' | 'targetUrl'>;
  /** The server that has the copies. */
  target: RemoteStore;
  logger: Logger;
}

export class OnlineServer implements OnlineStorage {
  readonly #place: Target;
  readonly #store: RemoteStore;
  readonly #run: JobRun;
  readonly #config: OnlineServerContext['config'];
  readonly #separate: SeparateServers;

  /** @param store of the online storage */
  constructor(
    place: Target,
    store: RemoteStore,
    run: JobRun,
    { config, target, logger }: OnlineServerContext,
  ) {
    this.#place = place;
    this.#store = store;
    this.#run = run;
    this.#config = config;
    this.#separate = new SeparateServers({
      ...{ online: store, target, place: place.url, targetUrl: config.targetUrl, signal: run.signal },
      logger,
    });
  }

  check(): Promise<void> {
    return this.#separate.checkSurroundings();
  }

  nameProblem(path: string): string | undefined {
    return nameProblem(path, { base: this.#place.base });
  }

  async *files(): AsyncGenerator<OnlineFile, void, undefined> {
    const { signal } = this.#run;
    const only = (path: string) => !path.split('/').some(isReserved);
    const walk = { recursive: true, only, enters: only, signal };
    const items = list(this.#store, [''], this.#config.parallelStats, walk);
    for await (const { path, isDirectory, size, mtime } of this.#run.listed(items))
      if (!isDirectory) yield { path, identity: identityOf({ size, mtime }) };
  }

  async open(file: OnlineFile): Promise<OpenedFile> {
    const { path, identity } = file;
    const size = Number(identity.size);
    const seen = await this.#look(file);
    const { signal } = this.#run;
    return {
      ...{ remote: seen, anyDevice: false },
      checksum: async (type, length) => {
        if (length !== undefined)
          return { failed: `the target's file is shorter: ${length} of ${size} bytes` };
        // The checksum that its server has stored may be older than its bytes.
        return await this.#store.readChecksum(path, type, seen, signal).catch((error: unknown) => {
          throw error instanceof OtherFileRead ? new FileChanged(FILE_CHANGED.changed) : error;
        });
      },
      verified: () => identity,
      remove: async (removal, lastLook) => {
        if (!removal.perform) return { result: 'removed', bytes: size, reason: removal.reason };
        if (!sameIdentity(removal.identity, identity)) throw new FileChanged(FILE_CHANGED.changed);
        await this.#separate.prove(splitPath(path)[0]);
        const reason = await lastLook();
        if (reason !== undefined) throw new FileChanged(reason);
        const result = await this.#store.removeSeen(path, seen, signal);
        if (result !== 'removed')
          throw new FileChanged(result === 'gone' ? FILE_CHANGED.gone : FILE_CHANGED.changed);
        this.#run.emit({ type: 'file:removed', path, size, reason: removal.reason });
        return { result: 'removed', bytes: size };
      },
      close: () => undefined,
    };
  }

  /** @throws {FileChanged} if a fresh stat shows another file than was listed, or one that is on tape */
  async #look({ path, identity }: OnlineFile): Promise<RemoteStat> {
    const now = await this.#store.stat(path, this.#run.signal);
    if (now === null) throw new FileChanged(FILE_CHANGED.gone);
    if (now.kind !== 'file') throw new FileChanged(NO_FILE);
    if (!sameIdentity(identityOf(now), identity)) throw new FileChanged(FILE_CHANGED.changed);
    // Without a time, a change couldn't be noticed.
    if (Number.isNaN(now.mtime.getTime())) throw new FileChanged(RETAINED.timeless);
    if (now.backUpExists || now.offline) throw new FileChanged(ON_TAPE);
    return now;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A time that no Date holds counts as unknown: 0. */
function identityOf({ size, mtime }: Pick<RemoteStat, 'size' | 'mtime'>): Identity {
  const ns = BigInt(mtime.getTime() || 0) * 1_000_000n;
  return { dev: 0n, ino: 0n, size: BigInt(size), mtimeNs: ns, ctimeNs: ns };
}
