/** Checksums of a server's files: its own word, or of the bytes as they are read again. Paths are the server's. */
import type { Checksum } from '../rules/checksum.js';
import type { ToldFile } from '../rules/remote_identity.js';
import { UsualTime } from '../rules/usual_time.js';
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

/** Seconds that a server may take for a checksum at most, beside what it takes for any answer. */
export function secondsToSum(size: number): number {
  return Math.ceil(size / slowestChecksum);
}

/** Seconds after which a small file's query is asked again at the latest; a quick server's earlier. */
const longestPatience = 5;

/** As libXrdCl calls bytes that aren't what they should be. */
const dataError = 14;

/** What was read back isn't the file that the stat before it told of, whatever has the path now. */
export class OtherFileRead extends XRootDError {}

export class ServerChecksums {
  readonly #fileSystem: FileSystem;
  readonly #timeouts: Timeouts;
  readonly #rateLimit: RateLimit | undefined;
  readonly #opened: OpenedIdentity;
  readonly #usual = new UsualTime();
  #types: Promise<readonly string[]> | undefined;

  constructor(fileSystem: FileSystem, timeouts: Timeouts, rateLimit: RateLimit | undefined) {
    this.#fileSystem = fileSystem;
    this.#timeouts = timeouts;
    this.#rateLimit = rateLimit;
    this.#opened = new OpenedIdentity(fileSystem, timeouts.request);
  }

  async ask(path: string, type: string, size: number, signal?: AbortSignal): Promise<Checksum> {
    const needed = secondsToSum(size);
    const timeout = Math.min(this.#timeouts.checksum, 60 + needed);
    const patience = Math.min(longestPatience, this.#usual.lateAfter / 1000) + needed;
    const started = performance.now();
    const answer = await this.#fileSystem.queryChecksum(path, type, { timeout, patience, signal });
    this.#usual.answered(performance.now() - started);
    return answer;
  }

  /** The server's version as it tells it, `v5.5.3`; undefined where it doesn't. */
  async version(): Promise<string | undefined> {
    try {
      const options = { timeout: this.#timeouts.request };
      return (await this.#fileSystem.queryConfig(['version'], options))['version'];
    } catch (error) {
      if (error instanceof XRootDError && !error.isConnectionFailure) return undefined;
      throw error;
    }
  }

  /** @throws {OtherFileRead} when it isn't the file that was told of */
  async read(path: string, type: ChecksumType, told: ToldFile, signal?: AbortSignal): Promise<Checksum> {
    const url = urlOf(this.#fileSystem.url, path);
    const { opened, value } = await readChecksum(url, type, { signal, rateLimit: this.#rateLimit });
    if (opened.size !== told.size)
      throw new XRootDError(
        failed(`the file has ${opened.size} bytes now, ${told.size} were told of`),
        contextOf(url),
      );
    if (await this.#opened.isAnother(path, opened, told, signal)) {
      const message = 'another file stood at its path while it was read back';
      throw new OtherFileRead(failed(message), contextOf(url));
    }
    return { type, value };
  }

  /** Asked for once, unless that fails; for whoever asks, so that nobody's signal ends it for the others. */
  types(): Promise<readonly string[]> {
    this.#types ??= this.#askForTypes().catch((error: unknown) => {
      this.#types = undefined;
      throw error;
    });
    return this.#types;
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

function failed(message: string) {
  return { status: 1, code: dataError, errNo: 0, message };
}

function contextOf(source: string) {
  return { operation: 'read back', source };
}
