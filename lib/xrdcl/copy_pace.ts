/** One copy's use of a rate limit: it takes its bytes from the limit before it requests them from a server. */
import type { JobProperties } from './copy_options.js';
import { isRemoteUrl } from './location.js';
import type { RateLimit } from './rate_limit.js';

/** libXrdCl's defaults; `chunkSize` and `parallelChunks` of a copy override them. */
const defaultChunk = 8 * 2 ** 20;
const defaultParallel = 4;

/** Chunks are whole pages, since each page is sent with a checksum. */
const page = 4096;

/** A copy requests at most the bytes of this many seconds at once. */
const mostAhead = 0.25;

export class CopyPace {
  /** The properties of the copy, with chunks that are small enough for the rate. */
  readonly properties: JobProperties;
  readonly #limit: RateLimit;
  readonly #signal: AbortSignal;
  /** How many times each byte passes between us and a server: 1 or 2. */
  readonly #ways: number;
  /** Most bytes that libXrdCl has requested and not yet written to the target. */
  readonly #ahead: number;
  #paid = 0;

  private constructor(limit: RateLimit, properties: JobProperties, ways: number, signal: AbortSignal) {
    const parallelChunks = properties.parallelChunks ?? defaultParallel;
    const most = (limit.bytesPerSecond * mostAhead) / parallelChunks;
    const pages = Math.max(1, Math.floor(most / page));
    const chunkSize = Math.min(properties.chunkSize ?? defaultChunk, pages * page);
    this.properties = { ...properties, chunkSize, parallelChunks };
    this.#ahead = chunkSize * parallelChunks;
    this.#limit = limit;
    this.#ways = ways;
    this.#signal = signal;
  }

  /** Undefined if there is no limit, or no bytes pass between us and a server. */
  static of(
    limit: RateLimit | undefined,
    properties: JobProperties,
    signal: AbortSignal,
  ): CopyPace | undefined {
    if (limit === undefined) return undefined;
    const { source, target, thirdParty = 'none' } = properties;
    const ways = [source, target].filter((end) => isRemoteUrl(end)).length;
    if (ways === 0 || thirdParty !== 'none') return undefined;
    return new CopyPace(limit, properties, ways, signal);
  }

  /**
   * Resolves when the copy may begin, or is aborted.
   * @param atOnce all bytes move in one request: take them all from the limit now
   */
  begin(sizeHint = Infinity, atOnce = false): Promise<void> {
    return this.#payUpTo(atOnce ? sizeHint : Math.min(sizeHint, this.#ahead));
  }

  /**
   * Resolves with the number of bytes that may be written before the next call; any number when the copy is aborted.
   * @param bytes written so far
   * @param size of the source; 0 if it isn't known
   */
  async next(bytes: number, size: number): Promise<number> {
    const end = size === 0 ? Infinity : size;
    await this.#payUpTo(Math.min(end, bytes + this.#ahead));
    return this.#paid >= end ? end : this.#paid - this.#ahead;
  }

  async #payUpTo(bytes: number): Promise<void> {
    if (bytes <= this.#paid) return;
    await this.#limit.take((bytes - this.#paid) * this.#ways, this.#signal);
    this.#paid = bytes;
  }
}
