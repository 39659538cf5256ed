/**
 * Runs the compiled tests in mocha processes side by side, a file each; then, one by one, those that measure time.
 *
 *   node scripts/test.mjs [--full] [--jobs N] [--slow N] [PART OF A FILE'S NAME …]
 *
 * --full     the same tests with more repetition, larger files and more of them; every test is printed
 * --jobs N   processes at once (default: two more than there are processors: tests wait a lot)
 * --slow N   how many of the slowest files and tests are listed (default 10)
 */
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runBatch, running } from './test/batch.mjs';
import { plan } from './test/plan.mjs';
import { summary } from './test/summary.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(availableParallelism() + 2) },
    slow: { type: 'string', default: '10' },
    // For the test of this script.
    in: { type: 'string', default: fileURLToPath(new URL('../dist/test', import.meta.url)) },
  },
});
const env = values.full ? { FULL: '1' } : {};
const started = performance.now();
const results = [];
let stopping = false;

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    stopping = true;
    // mocha ends in order on SIGINT. A terminal has sent it to all of us.
    if (signal === 'SIGTERM') for (const child of running) child.kill('SIGINT');
  });

async function work(batches) {
  for (let batch = batches.shift(); batch !== undefined && !stopping; batch = batches.shift()) {
    const result = await runBatch(batch, { env });
    results.push(result);
    const { name, passed, failed, trouble, output, seconds } = result;
    const bad = failed.length > 0 || trouble !== undefined;
    console.log(
      `${bad ? '✘' : '✔'} ${name.padEnd(36)} ${String(passed.length).padStart(4)} tests ${seconds.toFixed(1).padStart(6)} s`,
    );
    if (bad || values.full) console.log(output);
  }
}

const { together, alone } = plan(values.in, positionals);
await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(together)));
await work(alone);
const { lines, ok } = summary(results, {
  elapsed: (performance.now() - started) / 1000,
  slow: Number(values.slow),
});
console.log(lines.join('\n'));
process.exitCode = stopping ? 130 : ok ? 0 : 1;
