/** Checksums of files on a server: as the server reports them, or computed from the bytes read back. Paths are the server's. */
import { Once } from '../flow/once.js';
import type { Checksum } from '../rules/checksum.js';
import type { ToldFile } from '../rules/remote_identity.js';
import {
  readChecksum,
  urlOf,
  XRootDError,
  type ChecksumType,
  type FileSystem,
  type RateLimit,
} from '../xrdcl/index.js';
import { OpenedIdentity } from './opened_identity.js';

interface Timeouts {
  /** Seconds for a question. */
  request: number;
  /** Most seconds for a checksum: the server may have to read the whole file. */
  checksum: number;
}

/** Bytes a second. A server that is slower than this has probably lost the query, and is asked again. */
const slowestChecksum = 5 * 2 ** 20;

/** The file that was read back isn't the one that the stat before had reported, whichever file has the path now. */
export class OtherFileRead extends XRootDError {}

export class ServerChecksums {
  readonly #fileSystem: FileSystem;
  readonly #timeouts: Timeouts;
  readonly #rateLimit: RateLimit | undefined;
  readonly #opened: OpenedIdentity;
  readonly #types = new Once(() => this.#askForTypes());

  constructor(fileSystem: FileSystem, timeouts: Timeouts, rateLimit: RateLimit | undefined) {
    this.#fileSystem = fileSystem;
    this.#timeouts = timeouts;
    this.#rateLimit = rateLimit;
    this.#opened = new OpenedIdentity(fileSystem, timeouts.request);
  }

  ask(path: string, type: string, size: number, signal?: AbortSignal): Promise<Checksum> {
    const needed = Math.ceil(size / slowestChecksum);
    const timeout = Math.min(this.#timeouts.checksum, 60 + needed);
    return this.#fileSystem.queryChecksum(path, type, { timeout, patience: 5 + needed, signal });
  }

  /** @throws {OtherFileRead} when it isn't the file that the stat had reported */
  async read(path: string, type: ChecksumType, told: ToldFile, signal?: AbortSignal): Promise<Checksum> {
    const url = urlOf(this.#fileSystem.url, path);
    const { opened, value } = await readChecksum(url, type, { signal, rateLimit: this.#rateLimit });
    if (opened.size !== told.size)
      throw XRootDError.of(
        'DataError',
        `the file has ${opened.size} bytes now instead of ${told.size}`,
        contextOf(url),
      );
    if (await this.#opened.isAnother(path, opened, told, signal)) {
      const message = 'another file stood at its path while it was read back';
      throw OtherFileRead.of('DataError', message, contextOf(url));
    }
    return { type, value };
  }

  /** The server is asked only once, unless that fails. Takes no signal: an abort of one caller would fail the others. */
  types(): Promise<readonly string[]> {
    return this.#types.get();
  }

  /** An xrootd answers `0:adler32,1:crc32c` (seen with 5.5.3); others may leave out the numbers. */
  async #askForTypes(): Promise<readonly string[]> {
    try {
      const options = { timeout: this.#timeouts.request };
      const { chksum = '' } = await this.#fileSystem.queryConfig(['chksum'], options);
      return chksum
        .split(',')
        .map((each) =>
          each
            .replace(/^\s*[0-9]+:/, '')
            .trim()
            .toLowerCase(),
        )
        .filter((type) => type !== '');
    } catch (error) {
      // A server that refuses the question has no types to tell; a lost connection is an error.
      if (error instanceof XRootDError && !error.isConnectionFailure) return [];
      throw error;
    }
  }
}

function contextOf(source: string) {
  return { operation: 'read back', source };
}
