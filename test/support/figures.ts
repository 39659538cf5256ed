/** What a test measured, for docs/faults.md: told only if the variable FIGURES is set. */
export function tellFigure(what: string, seconds: number, words = ''): void {
  if (process.env['FIGURES'] === undefined) return;
  console.log(`      FIGURE ${what} | ${seconds.toFixed(1)} s | ${words}`);
}
