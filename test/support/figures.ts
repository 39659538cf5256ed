/**
 * What docs/faults.md says of times is measured by the tests themselves, with `FIGURES=1 FULL=1 npx mocha dist/test/faults/…`: with
 * the default options, which wait longer than a test should.
 */
const measuring = process.env['FIGURES'] !== undefined;

/** @returns the default of an option if times are measured, else what is long enough for the test */
export function unlessMeasured<T>(quick: T, byDefault: T): T {
  return measuring ? byDefault : quick;
}

export function tellFigure(what: string, seconds: number, words = ''): void {
  if (measuring) console.log(`      FIGURE ${what} | ${seconds.toFixed(1)} s | ${words}`);
}
