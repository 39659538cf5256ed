/** A limit in bytes a second that several callers share: bytes are granted in the order of the calls. */
import { onAbort } from '../addon/abort.js';

export interface Clock {
  /** Seconds, from any moment on. */
  now(): number;
  /** Calls back once, after this number of seconds or later; returns what prevents that. */
  after(seconds: number, callback: () => void): () => void;
}

const steadyClock: Clock = {
  now: () => performance.now() / 1000,
  after: (seconds, callback) => {
    const timer = setTimeout(callback, Math.ceil(seconds * 1000));
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Seconds that a late caller may catch up on: timers and threads are never quite on time. */
const credit = 0.1;

/** Bytes a second: a copy asks for four pages at once, at least. */
const slowest = 2 ** 16;

interface Waiting {
  bytes: number;
  /** When they are granted; known only for the first in the line. */
  due?: number;
  go: () => void;
}

/**
 * In any span of time it grants at most the bytes that the rate allows for that span, plus those of a tenth of a second, plus
 * those of one call.
 */
export class RateLimit {
  /** The limit. */
  readonly bytesPerSecond: number;
  readonly #clock: Clock;
  /** The bytes of the rate up to this time are granted. */
  #given = -Infinity;
  readonly #line = new Set<Waiting>();
  #stopTimer: () => void = () => undefined;

  /**
   * @param bytesPerSecond 65,536 or more
   * @throws RangeError
   */
  constructor(bytesPerSecond: number, clock: Clock = steadyClock) {
    if (!(bytesPerSecond >= slowest && bytesPerSecond < Infinity))
      throw new RangeError(`a rate limit must be ${slowest} bytes a second or more`);
    this.bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
  }

  /** Resolves when `bytes` may move. If the signal aborts it resolves at once, and the bytes stay for others. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    let ignore: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      const waiting: Waiting = { bytes, go: resolve };
      ignore = onAbort(signal, () => {
        this.#leave(waiting);
        resolve();
      });
      this.#line.add(waiting);
      if (this.#line.size === 1) this.#serve();
    });
    ignore();
  }

  #serve(): void {
    for (const first of this.#line) {
      const now = this.#clock.now();
      first.due ??= Math.max(this.#given, now - credit) + first.bytes / this.bytesPerSecond;
      if (first.due > now) {
        this.#stopTimer = this.#clock.after(first.due - now, () => {
          this.#serve();
        });
        return;
      }
      this.#given = first.due;
      this.#line.delete(first);
      first.go();
    }
  }

  #leave(waiting: Waiting): void {
    if (!this.#line.delete(waiting) || waiting.due === undefined) return;
    this.#stopTimer();
    this.#serve();
  }
}
