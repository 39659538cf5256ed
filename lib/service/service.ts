/**
 * Passes by a schedule, one after the other, until it is stopped. Nothing that goes wrong with a pass ends the service:
 * it is told, and the next slot comes.
 */
import type { Emit } from '../jobs/event_bus.js';
import { failureOf } from '../jobs/failure.js';
import { nextPass, type Schedule } from '../rules/schedule.js';
import { systemClock, type Clock } from './clock.js';

export interface ServiceDuties {
  /** Asked anew after each pass, and when `reschedule` was called. */
  schedule: () => Schedule;
  /** Whether this is the process that works, of those that could; asked before each pass. */
  leads: () => Promise<boolean>;
  /** Rejects when it couldn't begin or was lost; files that failed are its report's. */
  pass: (signal: AbortSignal) => Promise<unknown>;
  emit: Emit;
  /** Default: the system's. */
  clock?: Clock;
}

export class Service {
  readonly #duties: ServiceDuties;
  readonly #clock: Clock;
  readonly #ended: Promise<void>;
  #stopped = false;
  #waiting = new AbortController();
  #pass: AbortController | undefined;

  /** Begins to wait for its first slot. */
  constructor(duties: ServiceDuties) {
    this.#duties = duties;
    this.#clock = duties.clock ?? systemClock;
    this.#ended = this.#work();
  }

  /** The schedule has changed: slots of the new one count from now on. A pass that runs goes on. */
  reschedule(): void {
    this.#waiting.abort();
  }

  /**
   * Begins no other pass. One that runs may end by itself within the grace time, and is cancelled then.
   * Resolves when nothing runs any more; may be called again, with less grace.
   */
  async stop(graceSeconds: number): Promise<void> {
    this.#stopped = true;
    this.#waiting.abort();
    const timer = setTimeout(() => {
      this.#pass?.abort();
    }, graceSeconds * 1000);
    await this.#ended;
    clearTimeout(timer);
  }

  async #work(): Promise<void> {
    // Slots up to here have had their pass.
    let since: number | undefined;
    while (!this.#stopped) {
      this.#waiting = new AbortController();
      const next = nextPass(this.#duties.schedule(), this.#clock.now(), since);
      if (next !== undefined) {
        const { at, late } = next;
        this.#duties.emit({ type: 'pass:scheduled', at: new Date(at).toISOString(), late });
      }
      const arrived = await this.#clock.until(next?.at ?? Infinity, this.#waiting.signal);
      since = Math.max(this.#clock.now(), arrived ? (next?.at ?? 0) : 0);
      if (arrived) await this.#slot();
    }
  }

  async #slot(): Promise<void> {
    const pass = (this.#pass = new AbortController());
    try {
      if (!(await this.#duties.leads()) || this.#stopped) return;
      await this.#duties.pass(pass.signal);
    } catch (error) {
      // It waited for another one's end when it was cancelled: then there is nothing to tell.
      if (pass.signal.aborted) return;
      const { path: _, ...failure } = failureOf('', error);
      this.#duties.emit({ type: 'pass:failed', ...failure });
    } finally {
      this.#pass = undefined;
    }
  }
}
