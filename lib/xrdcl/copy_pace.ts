/** What one copy takes of a rate limit: its bytes before it asks for them, so that no server sends more. */
import type { JobProperties } from './copy_options.js';
import { isRemoteUrl } from './location.js';
import type { RateLimit } from './rate_limit.js';

/** libXrdCl's own; `chunkSize` and `parallelChunks` of a copy overrule them. */
const defaultChunk = 8 * 2 ** 20;
const defaultParallel = 4;

/** Chunks are whole pages: of those the bytes travel with checksums. */
const page = 4096;

/** A copy requests at most the bytes of this many seconds at once. */
const mostAhead = 0.25;

export class CopyPace {
  /** The copy's, with chunks that are not too large for the rate. */
  readonly properties: JobProperties;
  readonly #limit: RateLimit;
  readonly #signal: AbortSignal;
  /** How often each byte passes between us and a server. */
  readonly #ways: number;
  /** Bytes that libXrdCl has asked for, and not yet handed on. */
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
   * @param atOnce the bytes move all at once: they are paid for now
   */
  begin(sizeHint = Infinity, atOnce = false): Promise<void> {
    return this.#payUpTo(atOnce ? sizeHint : Math.min(sizeHint, this.#ahead));
  }

  /**
   * Resolves with how many bytes may be handed on before it is asked again; any number when the copy is aborted.
   * @param bytes handed on so far
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
