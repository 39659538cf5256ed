/** One file on its way into a local directory. */
import { CacheError } from '../../cache/errors.js';
import type { IncomingFile } from '../../cache/receive.js';
import type { Downloaded, RemoteStore } from '../../remote/store.js';
import { XRootDError } from '../../xrdcl/index.js';
import type { LocalSums } from '../record/local_sums.js';
import { PlaceTaken, type Expected, type Incoming, type Received } from './receiver.js';

export interface LocalIncomingOptions {
  /** Relative to the target's base. */
  path: string;
  /** For people: where it will be. */
  label: string;
  expected: Expected;
  sums: LocalSums;
  /** Called once, at the end. */
  end: () => Promise<void>;
}

export class LocalIncoming implements Incoming {
  readonly #file: IncomingFile;
  readonly #options: LocalIncomingOptions;
  /** Of the first type, if the download itself has read the file again. */
  #summed: Downloaded | undefined;

  constructor(file: IncomingFile, options: LocalIncomingOptions) {
    this.#file = file;
    this.#options = options;
  }

  async download(
    store: RemoteStore,
    { onProgress, signal }: Parameters<Incoming['download']>[1],
  ): Promise<void> {
    const { path, label, expected } = this.#options;
    const [checksumType] = expected.checksumTypes;
    const wanted = checksumType === undefined ? {} : { checksumType };
    // A record that others mustn't read is never theirs to read, not even under its temporary name.
    const ownerOnly = expected.mode !== undefined;
    const download = {
      ...{ label, sizeHint: expected.size, ownerOnly, ...wanted, onProgress },
      ...(signal && { signal }),
    };
    const fetch = () => store.download(path, this.#file.target, download);
    const received = await fetch().catch(async (error: unknown) => {
      if (!(error instanceof XRootDError) || error.code !== 'ItExists') throw error;
      // Nearly always a killed restore of this file has left it.
      await this.#file.clear();
      return await fetch();
    });
    this.#file.came(received.localFile);
    this.#summed = received;
  }

  /** Reads the file again: what libXrdCl summed on the way doesn't show that the disk was full. */
  inspect(signal: AbortSignal | undefined): Promise<Received> {
    const { sums, expected } = this.#options;
    const { size = 0, checksum } = this.#summed ?? {};
    const [first, ...others] = expected.checksumTypes;
    if (first === undefined) return Promise.resolve({ size, checksums: [] });
    if (checksum !== undefined && others.length === 0)
      return Promise.resolve({ size, checksums: [checksum] });
    return this.#file.use(async (file) => {
      const { size: bytes } = await file.stat();
      if (bytes === 0) return { size: bytes, checksums: [] };
      const checksums = [checksum ?? (await sums.of(file, first, { signal }))];
      for (const type of others) checksums.push(await sums.of(file, type, { signal }));
      return { size: bytes, checksums };
    });
  }

  async publish(): Promise<void> {
    try {
      await this.#file.publish();
    } catch (error) {
      if (!(error instanceof CacheError) || error.code !== 'AlreadyExists') throw error;
      const { replaces } = this.#options.expected;
      const what = replaces === undefined ? 'came to stand in its place' : 'in its place was changed';
      throw new PlaceTaken(`a file ${what} while it was fetched: that one stays`, { cause: error });
    }
  }

  async end(): Promise<void> {
    try {
      await this.#file.end();
    } finally {
      await this.#options.end();
    }
  }
}
