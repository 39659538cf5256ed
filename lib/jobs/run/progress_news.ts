/** Which measurements of a job's progress are worth an event: those that say something new. The caller gives the time. */
import type { JobEventOf } from '../events/events.js';

/** When nothing moves any more, the rate alone sinks for some seconds: then one event a second is enough. */
const rateMilliseconds = 1000;

export class ProgressNews {
  #told: { at: number; facts: string; all: string } | undefined;

  /**
   * @param now milliseconds, of any clock that only goes forward
   * @param isLast the job is over: a sunken rate is told at once
   */
  isNew(progress: JobEventOf<'progress'>, now: number, isLast = false): boolean {
    const { rate: _, etaSeconds: __, ...rest } = progress;
    const facts = JSON.stringify(rest);
    const all = JSON.stringify(progress);
    const told = this.#told;
    if (told?.all === all) return false;
    if (told?.facts === facts && !isLast && now - told.at < rateMilliseconds) return false;
    this.#told = { at: now, facts, all };
    return true;
  }
}
