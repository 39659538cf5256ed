/**
 * Runs passes by a schedule, one after the other, until it is stopped. An error of a pass doesn't end the service: it is
 * reported by `pass:failed`, and the next pass begins in its slot.
 */
import { randomUUID } from 'node:crypto';
import type { ArchiveEvent } from '../jobs/events/events.js';
import { failureOf } from '../jobs/run/failure.js';
import { nextPass, type NextPass } from '../rules/schedule.js';
import { systemClock, type Clock } from './clock.js';
import type { ScheduledJob, ScheduledName } from './scheduled_jobs.js';

export interface ServiceDuties {
  /** Asked anew after each pass, and when `reschedule` was called. */
  jobs: () => readonly ScheduledJob[];
  /** Whether this process leads among the services on the cache; asked before each pass. */
  leads: () => Promise<boolean>;
  /** Rejects when the pass couldn't begin or lost its server; files that failed are only in its report. */
  pass: (job: ScheduledName, signal: AbortSignal, jobId: string) => Promise<unknown>;
  emit: (event: ArchiveEvent) => void;
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
    const since = new Map<ScheduledName, number>();
    while (!this.#stopped) {
      this.#waiting = new AbortController();
      const next = this.#next(since);
      const jobId = randomUUID();
      if (next !== undefined) {
        const { job, at, late } = next;
        this.#duties.emit({ type: 'pass:scheduled', jobId, job, at: new Date(at).toISOString(), late });
      }
      const arrived = await this.#clock.until(next?.at ?? Infinity, this.#waiting.signal);
      if (!arrived) since.clear();
      else if (next !== undefined) {
        since.set(next.job, Math.max(this.#clock.now(), next.at));
        await this.#slot(next.job, jobId);
      }
    }
  }

  /** The job whose next pass comes first. */
  #next(since: Map<ScheduledName, number>): (NextPass & { job: ScheduledName }) | undefined {
    const now = this.#clock.now();
    const all = this.#duties.jobs().flatMap(({ job, schedule }) => {
      if (!since.has(job)) since.set(job, now);
      const next = nextPass(schedule, now, since.get(job));
      return next === undefined ? [] : [{ ...next, job }];
    });
    return all.reduce<(typeof all)[number] | undefined>(
      (first, each) => (first === undefined || each.at < first.at ? each : first),
      undefined,
    );
  }

  async #slot(job: ScheduledName, jobId: string): Promise<void> {
    const pass = (this.#pass = new AbortController());
    try {
      if (!(await this.#duties.leads()) || this.#stopped) return;
      await this.#duties.pass(job, pass.signal, jobId);
    } catch (error) {
      // The pass was cancelled while it waited for another pass to end: that is no failure.
      if (pass.signal.aborted) return;
      const { path: _, ...failure } = failureOf('', error);
      this.#duties.emit({ type: 'pass:failed', jobId, job, ...failure });
    } finally {
      this.#pass = undefined;
    }
  }
}
