/**
 * The two tiers of the tests. `npm test` proves all behaviour at sizes that prove it; `npm run test:full` adds larger
 * sizes, repetition, and tests that wait for time to pass. What `npm test` leaves out or makes smaller, it tells.
 */

export const full = process.env['FULL'] === '1';

/** Read by scripts/mocha-reporter.cjs, which runs in this process. */
const smaller: string[] = [];
(globalThis as Record<symbol, unknown>)[Symbol.for('xrootd-archive.smaller')] = smaller;

/** A size: `enough` proves the behaviour; the full tier takes `most`. `what` names the unit. */
export function scaled(what: string, enough: number, most: number): number {
  if (full) return most;
  smaller.push(`${enough} instead of ${most} ${what}`);
  return enough;
}

type Test = (title: string, run: Mocha.Func | Mocha.AsyncFunc) => Mocha.Test;

/** `it`, for a test of the full tier alone; `npm test` leaves it out and tells why. */
export function onlyFull(why: string): Test {
  return full ? it : (title) => it.skip(`${title} [full tier: ${why}]`);
}
