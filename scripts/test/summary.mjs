/** What is told at the end of all tests. */

const seconds = (ms) => `${(ms / 1000).toFixed(1).padStart(6)} s`;

/** @param slow how many of the slowest files and tests */
export function summary(results, { elapsed, slow }) {
  const all = (key) => results.flatMap((result) => result[key]);
  const [passed, failed] = [all('passed'), all('failed')];
  const named = (key) => results.flatMap((result) => result[key].map((what) => `${result.name}: ${what}`));
  const [smaller, skipped] = [[...new Set(named('smaller'))], named('skipped')];
  const troubles = results.filter(({ trouble }) => trouble !== undefined);
  const byFile = results.map(({ name, seconds: taken }) => [name, taken * 1000]);
  const byTest = passed.map(({ title, ms }) => [title, ms]);
  const lines = [
    ...section(`the ${slow} slowest files`, slowest(byFile, slow)),
    ...section(`the ${slow} slowest tests`, slowest(byTest, slow)),
    ...section('smaller than in the full tier (npm run test:full)', smaller),
    ...section('left out', skipped),
    ...section('failed', [...named('failed'), ...troubles.map(({ name, trouble }) => `${name}: ${trouble}`)]),
    '',
    `${passed.length} passed, ${failed.length + troubles.length} failed, ${skipped.length} left out in ${elapsed.toFixed(0)} s`,
  ];
  return { lines, ok: failed.length + troubles.length === 0 && passed.length > 0 };
}

function slowest(pairs, count) {
  return pairs
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([what, ms]) => `${seconds(ms)}  ${what}`);
}

function section(title, lines) {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}
