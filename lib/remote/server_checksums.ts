/** Checksums of files on a server: as the server reports them, or computed from the bytes read back. Paths are the server's. */
import type { Readable } from 'node:stream';
import type { ReadOptions } from './store.js';
import { Once } from '../flow/once.js';
import { unlessAborted } from '../flow/unless_aborted.js';
import type { Checksum } from '../rules/checksum.js';
import type { ServerTypes } from '../rules/comparison.js';
import type { ToldFile } from '../rules/remote_identity.js';
import { UsualTime } from '../rules/usual_time.js';
import {
  readChecksum,
  readFile,
  type OpenedStat,
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

/** The most seconds that the server may need for a file's checksum, beside what it takes for any answer. */
export function secondsToSum(size: number): number {
  return Math.ceil(size / slowestChecksum);
}

/** Most seconds until a query for a small file is sent again; less while the server is quick. */
const longestPatience = 5;

/** The file that was read back isn't the one that the stat before had reported, whichever file has the path now. */
export class OtherFileRead extends XRootDError {}

export class ServerChecksums {
  readonly #fileSystem: FileSystem;
  readonly #timeouts: Timeouts;
  readonly #rateLimit: RateLimit | undefined;
  readonly #opened: OpenedIdentity;
  readonly #usual = new UsualTime();
  readonly #types: Once<readonly string[]>;
  readonly #version: Once<string | undefined>;
  /** As #types has found them: then no file has to wait for a promise. */
  #named: readonly string[] | undefined;
  readonly #refused = new Set<string>();

  constructor(fileSystem: FileSystem, timeouts: Timeouts, rateLimit: RateLimit | undefined) {
    this.#fileSystem = fileSystem;
    this.#timeouts = timeouts;
    this.#rateLimit = rateLimit;
    this.#opened = new OpenedIdentity(fileSystem, timeouts.request);
    const options = { timeout: timeouts.request };
    this.#types = new Once(async () => (await unlessRefused(fileSystem.queryChecksumTypes(options))) ?? []);
    this.#version = new Once(
      async () => (await unlessRefused(fileSystem.queryConfig(['version'], options)))?.['version'],
    );
  }

  /** @throws also errors that isNoSuchType() knows; from then on types() has the type among the refused ones */
  async ask(path: string, type: string, size: number, signal?: AbortSignal): Promise<Checksum> {
    const needed = secondsToSum(size);
    const timeout = Math.min(this.#timeouts.checksum, 60 + needed);
    const patience = Math.min(longestPatience, this.#usual.lateAfter / 1000) + needed;
    const started = performance.now();
    try {
      const answer = await this.#fileSystem.queryChecksum(path, type, { timeout, patience, signal });
      this.#usual.answered(performance.now() - started);
      return answer;
    } catch (error) {
      if (isNoSuchType(error)) this.#refused.add(type);
      throw error;
    }
  }

  /** The server's version as it reports it, `v5.5.3`; undefined if it doesn't. */
  version(signal?: AbortSignal): Promise<string | undefined> {
    return unlessAborted(this.#version.get(), signal);
  }

  /** @throws {OtherFileRead} when it isn't the file that the stat had reported */
  async read(path: string, type: ChecksumType, told: ToldFile, signal?: AbortSignal): Promise<Checksum> {
    const url = urlOf(this.#fileSystem.url, path);
    const { opened, value } = await readChecksum(url, type, { signal, rateLimit: this.#rateLimit });
    await this.#checkOpened(path, opened, told, signal);
    return { type, value };
  }

  /** As RemoteStore.stream(). @param path on the server */
  stream(path: string, told: ToldFile, { types, check, signal }: ReadOptions): Readable {
    return readFile(urlOf(this.#fileSystem.url, path), {
      ...{ types, signal, rateLimit: this.#rateLimit },
      check: async ({ opened, checksums }) => {
        await this.#checkOpened(path, opened, told, signal);
        await check(checksums);
      },
    });
  }

  async #checkOpened(
    path: string,
    opened: OpenedStat,
    told: ToldFile,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const url = urlOf(this.#fileSystem.url, path);
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
  }

  async types(signal?: AbortSignal): Promise<ServerTypes> {
    this.#named ??= await unlessAborted(this.#types.get(), signal);
    return { named: this.#named, refused: [...this.#refused] };
  }
}

/** What the server says of itself; undefined if it refuses the question. A lost connection is an error. */
async function unlessRefused<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof XRootDError && !error.isConnectionFailure) return undefined;
    throw error;
  }
}

/** Does the answer to a checksum query mean that the server has none of that type? 5.5.3 answers with another type, or 3013. */
export function isNoSuchType(error: unknown): boolean {
  return error instanceof XRootDError && (error.code === 'Unsupported' || error.code === 'InvalidResponse');
}

function contextOf(source: string) {
  return { operation: 'read back', source };
}
