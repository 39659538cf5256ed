/** How many questions may be on their way, if the server is to work at only so many of them at once. */

export interface QueryTimes {
  /** Milliseconds of a question that needs no work; 0 where that isn't known yet. */
  roundTrip: number;
  /** Milliseconds of one of these, way and work together; undefined before the first answer. */
  duration: number | undefined;
}

/** Never more than so many times `atOnce`: they may all arrive together. */
const mostAhead = 2;

/** @param atOnce what the server works at */
export function queriesInFlight(atOnce: number, { roundTrip, duration }: QueryTimes): number {
  if (duration === undefined || duration <= 0) return atOnce;
  const working = Math.max(0, duration - roundTrip) / duration;
  return Math.max(atOnce, Math.floor(atOnce / Math.max(working, 1 / mostAhead)));
}
