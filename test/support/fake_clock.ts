/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../lib/service/clock.js';

interface Sleeper {
  moment: number;
  wake: () => void;
}

export class FakeClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** As a clock that is put forward or back. */
  set(now: number): void {
    this.#now = now;
    this.#wake();
  }

  until(moment: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (moment <= this.#now) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (arrived: boolean) => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', onAbort);
        resolve(arrived);
      };
      const onAbort = () => {
        end(false);
      };
      const sleeper = {
        moment,
        wake: () => {
          end(true);
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', onAbort);
    });
  }

  /** Goes on to each moment that somebody waits for, until the last one; what they do then takes no time. */
  async run(until: number): Promise<void> {
    await settled();
    for (;;) {
      const next = Math.min(...[...this.#sleepers].map(({ moment }) => moment));
      if (next > until) break;
      this.set(Math.max(next, this.#now));
      await settled();
    }
    this.set(until);
    await settled();
  }

  #wake(): void {
    for (const { moment, wake } of [...this.#sleepers]) if (moment <= this.#now) wake();
  }
}

/** All promises that need nothing but their turn have had it. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
