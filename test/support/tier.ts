/**
 * The two tiers of the tests. `npm test` proves all behaviour at sizes that prove it; `npm run test:full` runs the same tests
 * with more repetition, larger files and more of them. What was smaller is told at the end.
 */

const full = process.env['FULL'] === '1';

/** Read by scripts/mocha-reporter.cjs, which runs in this process. */
const smaller: string[] = [];
(globalThis as Record<symbol, unknown>)[Symbol.for('xrootd-archive.smaller')] = smaller;

/** A size: `enough` proves the behaviour; the full tier takes `most`. `what` names the unit. */
export function scaled(what: string, enough: number, most: number): number {
  if (full) return most;
  smaller.push(`${enough} instead of ${most} ${what}`);
  return enough;
}
