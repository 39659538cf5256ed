/** Restored files in a local directory. */
import pLimit from 'p-limit';
import { DiskRoom, type RoomClaim } from '../cache/disk_room.js';
import type { CacheDirectory } from '../cache/directory.js';
import { lookAt, ReceivedFile, withFile, type LocalFile } from '../cache/receive.js';
import type { ArchiveConfig } from '../config/index.js';
import type { RemoteStore } from '../remote/store.js';
import type { Checksum } from '../rules/checksum.js';
import { checkReceivedName } from '../rules/received_name.js';
import { checksumFile, type ChecksumType } from '../xrdcl/index.js';
import type { Received, ReceiveOptions, Receiver } from './receiver.js';

/** Local checksums at once; the addon's threads do the work. */
const localChecksums = 4;

export class LocalReceiver implements Receiver {
  readonly #root: CacheDirectory;
  readonly #config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;
  readonly #fsync: boolean;
  readonly #sums = pLimit(localChecksums);
  readonly #room: DiskRoom;

  constructor(root: CacheDirectory, config: Pick<ArchiveConfig, 'verify' | 'checksumType'>, fsync: boolean) {
    this.#root = root;
    this.#config = config;
    this.#fsync = fsync;
    this.#room = new DiskRoom(root.real);
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

  look(name: string): Promise<LocalFile | null> {
    return lookAt(this.#root, name);
  }

  checksum(name: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum> {
    return withFile(this.#root, name, (file) => this.#sum(file, type, signal));
  }

  #sum(file: { fd: number }, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum> {
    return this.#sums(() => checksumFile(file, { type, ...(signal && { signal }) }));
  }

  async receive(
    store: RemoteStore,
    name: string,
    { mtime, overwrite, onProgress, signal }: ReceiveOptions,
    check: (received: Received) => Promise<void>,
  ): Promise<void> {
    const file = await ReceivedFile.begin(this.#root, name);
    try {
      const label = `${this.#root.real}/${name}`;
      await store.download(name, file.target, { label, onProgress, ...(signal && { signal }) });
      // As they are on disk now: what libXrdCl summed on the way says nothing about a disk that was full.
      const received = await file.check(async (handle) => {
        const { size } = await handle.stat();
        const wanted = this.#config.verify === 'checksum' && size > 0;
        const checksum = wanted ? await this.#sum(handle, this.#config.checksumType, signal) : undefined;
        return { size, checksum };
      });
      await check(received);
      await file.finish({ mtime, overwrite, fsync: this.#fsync });
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}
