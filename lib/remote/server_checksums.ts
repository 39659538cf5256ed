/** Checksums of a server's files: its own word, or of the bytes as they are read again. Paths are the server's. */
import { Once } from '../flow/once.js';
import type { Checksum } from '../rules/checksum.js';
import type { ServerTypes } from '../rules/comparison.js';
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

/** Bytes a second: how long a checksum may take before the server is taken to have lost the query, and asked again. */
const slowestChecksum = 5 * 2 ** 20;

/** What was read back isn't the file that the stat before it told of, whatever has the path now. */
export class OtherFileRead extends XRootDError {}

export class ServerChecksums {
  readonly #fileSystem: FileSystem;
  readonly #timeouts: Timeouts;
  readonly #rateLimit: RateLimit | undefined;
  readonly #opened: OpenedIdentity;
  readonly #types = new Once(() => this.#askForTypes());
  readonly #refused = new Set<string>();

  constructor(fileSystem: FileSystem, timeouts: Timeouts, rateLimit: RateLimit | undefined) {
    this.#fileSystem = fileSystem;
    this.#timeouts = timeouts;
    this.#rateLimit = rateLimit;
    this.#opened = new OpenedIdentity(fileSystem, timeouts.request);
  }

  /** @throws also what isNoSuchType() knows, which types() tells from then on */
  async ask(path: string, type: string, size: number, signal?: AbortSignal): Promise<Checksum> {
    const needed = Math.ceil(size / slowestChecksum);
    const timeout = Math.min(this.#timeouts.checksum, 60 + needed);
    try {
      return await this.#fileSystem.queryChecksum(path, type, { timeout, patience: 5 + needed, signal });
    } catch (error) {
      if (isNoSuchType(error)) this.#refused.add(type);
      throw error;
    }
  }

  /** @throws {OtherFileRead} when it isn't the file that was told of */
  async read(path: string, type: ChecksumType, told: ToldFile, signal?: AbortSignal): Promise<Checksum> {
    const url = urlOf(this.#fileSystem.url, path);
    const { opened, value } = await readChecksum(url, type, { signal, rateLimit: this.#rateLimit });
    if (opened.size !== told.size)
      throw XRootDError.of(
        'DataError',
        `the file has ${opened.size} bytes now, ${told.size} were told of`,
        contextOf(url),
      );
    if (await this.#opened.isAnother(path, opened, told, signal)) {
      const message = 'another file stood at its path while it was read back';
      throw OtherFileRead.of('DataError', message, contextOf(url));
    }
    return { type, value };
  }

  /** Asked for once, unless that fails; for whoever asks, so that nobody's signal ends it for the others. */
  async types(): Promise<ServerTypes> {
    const named = await this.#types.get();
    return { named, refused: [...this.#refused] };
  }

  /** Of an xrootd `0:adler32,1:crc32c` (seen with 5.5.3), of others perhaps without numbers. */
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
      // A server that refuses the question doesn't tell; one that is gone is another matter.
      if (error instanceof XRootDError && !error.isConnectionFailure) return [];
      throw error;
    }
  }
}

/** Says this answer to a checksum query that the server has no checksum of that type? 5.5.3 answers with another type, or 3013. */
export function isNoSuchType(error: unknown): boolean {
  return error instanceof XRootDError && (error.code === 'Unsupported' || error.code === 'InvalidResponse');
}

function contextOf(source: string) {
  return { operation: 'read back', source };
}
