/** Restored files in a local directory. */
import { unlink } from 'node:fs/promises';
import pLimit from 'p-limit';
import { DiskRoom, type RoomClaim } from '../../cache/disk_room.js';
import { splitPath, type CacheDirectory } from '../../cache/directory.js';
import { CacheError, errnoCode } from '../../cache/errors.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import { lookAt, receiveFile, withFile } from '../../cache/receive.js';
import type { ArchiveConfig } from '../../config/index.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import { checkReceivedName } from '../../rules/received_name.js';
import { checksumFile } from '../../posix/index.js';
import { XRootDError, type ChecksumType } from '../../xrdcl/index.js';
import { PlaceTaken, type Received, type ReceiveOptions, type Receiver, type Standing } from './receiver.js';

/** Local checksums at once; the addon's threads do the work. */
const localChecksums = 4;

type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** More than all copies and looks that are ever under way at once: nobody needs to wait, and waiting costs small files a tenth. */
const plenty = 1024;

function limitTo(most: number): Limit {
  if (most >= plenty) return (task) => task();
  const limit = pLimit(most);
  return (task) => limit(task);
}

export class LocalReceiver implements Receiver {
  readonly #root: CacheDirectory;
  readonly #config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;
  readonly #fsync: boolean;
  readonly #sums = pLimit(localChecksums);
  readonly #receiving: Limit;
  readonly #looking: Limit;
  readonly #room: DiskRoom;
  readonly #directories: OpenDirectories;

  constructor(root: CacheDirectory, config: Pick<ArchiveConfig, 'verify' | 'checksumType'>, fsync: boolean) {
    this.#root = root;
    this.#config = config;
    this.#fsync = fsync;
    this.#room = new DiskRoom(root.real);
    this.#directories = new OpenDirectories(root, fsync);
    const most = mostOpenFiles();
    this.#receiving = limitTo(most);
    this.#looking = limitTo(Math.ceil(most / 4));
  }

  get place(): string {
    return this.#root.real;
  }

  nameProblem(name: string): string | undefined {
    const verdict = checkReceivedName(name, { directory: this.#root.real });
    return verdict.ok ? undefined : verdict.reason;
  }

  claim(bytes: number): Promise<RoomClaim> {
    return this.#room.claim(bytes);
  }

  async look(path: string): Promise<Standing | null> {
    const [parent, name] = splitPath(path);
    try {
      return await this.#looking(() =>
        this.#directories.use(parent, false, (directory) => lookAt(directory, name)),
      );
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  checksum(path: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum> {
    const [parent, name] = splitPath(path);
    return this.#looking(() =>
      this.#directories.use(parent, false, (directory) =>
        withFile(directory, name, (file) => this.#sum(file, type, signal)),
      ),
    );
  }

  #sum(file: { fd: number }, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum> {
    return this.#sums(() => checksumFile(file, { type, ...(signal && { signal }) }));
  }

  /** What waits for its turn has nothing open. */
  receive(
    store: RemoteStore,
    path: string,
    options: ReceiveOptions,
    check: (received: Received) => Promise<void>,
  ): Promise<void> {
    return this.#receiving(() => this.#receive(store, path, options, check));
  }

  async #receive(
    store: RemoteStore,
    path: string,
    { size, mtime, replaces, onProgress, signal }: ReceiveOptions,
    check: (received: Received) => Promise<void>,
  ): Promise<void> {
    const [parent, name] = splitPath(path);
    const label = `${this.#root.real}/${path}`;
    const { verify, checksumType } = this.#config;
    const wanted = verify === 'checksum' ? { checksumType } : {};
    const fetch = async (target: string) => {
      const download = { label, sizeHint: size, ...wanted, onProgress, ...(signal && { signal }) };
      try {
        return await store.download(path, target, download);
      } catch (error) {
        if (!(error instanceof XRootDError) || error.code !== 'ItExists') throw error;
        // Left of this very file by a restore that was killed: nobody else may be fetching it.
        await unlink(target);
        return await store.download(path, target, download);
      }
    };
    await this.#directories.use(parent, true, (directory) =>
      receiveFile(directory, name, {
        ...{ fetch, mtime, overwrite: replaces?.version, fsync: this.#fsync },
        check: async (temporary, { size: came, checksum }) => {
          const known = checksum !== undefined || verify === 'size';
          await check(known ? { size: came, checksum } : await this.#inspect(directory, temporary, signal));
        },
      }).catch((error: unknown) => {
        if (!(error instanceof CacheError) || error.code !== 'AlreadyExists') throw error;
        const what = replaces === undefined ? 'came to stand in its place' : 'in its place was changed';
        throw new PlaceTaken(`a file ${what} while it was fetched: that one stays`, { cause: error });
      }),
    );
  }

  /** The file as it is on disk now: what libXrdCl summed on the way says nothing about a disk that was full. */
  #inspect(directory: CacheDirectory, name: string, signal: AbortSignal | undefined): Promise<Received> {
    return withFile(directory, name, async (file) => {
      const { size } = await file.stat();
      const checksum = size > 0 ? await this.#sum(file, this.#config.checksumType, signal) : undefined;
      return { size, checksum };
    });
  }

  async close(): Promise<void> {
    await this.#directories.close();
    await this.#root.close();
  }
}
