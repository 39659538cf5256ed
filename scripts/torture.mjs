/**
 * Runs the model of test/faults/model, with faults, in processes of their own and with new seeds, until the time is over.
 *
 *   node scripts/torture.mjs [--minutes 60] [--seed S] [--steps N] [--jobs N] [--out DIRECTORY]
 *
 * --minutes M      no seed but the first begins after so long (default 60)
 * --seed S         the first seed (default: one that no other run has had); each process takes the next one
 * --steps N        steps of a seed on average (default 150)
 * --jobs N         processes at once (default: one a processor)
 * --out DIRECTORY  where a violation, a crash or a hang leaves what is known of it (default torture-results/TIME)
 * --silence S      seconds without a step after which a process hangs (default 60; a job may take 50)
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { watched } from './torture/watched.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    steps: { type: 'string', default: '150' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    out: { type: 'string', default: join('torture-results', new Date().toISOString().replaceAll(':', '.')) },
    silence: { type: 'string', default: '60' },
    // For the test of this script.
    program: { type: 'string', default: join(root, 'dist/test/faults/model/run.js') },
  },
});

const began = performance.now();
const deadline = began + Number(values.minutes) * 60_000;
const first = Number(values.seed);
let next = first;
let seeds = 0;
const kinds = new Map();
const bad = [];
let stopping = false;
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    stopping = true;
    stop.abort();
  });

async function work() {
  // The first seed begins in any case: a run that tried nothing has found nothing, and would end with 0.
  while (!stopping && (next === first || performance.now() < deadline)) {
    const seed = next;
    next += 1;
    const end = await watched({
      program: values.program,
      args: [
        '--faults',
        '--tell-steps',
        '--seeds',
        '1',
        '--seed',
        String(seed),
        '--steps',
        values.steps,
        '--shrink-for',
        '30',
      ],
      seed,
      out: join(values.out, `seed-${seed}`),
      silence: Number(values.silence) * 1000,
      signal: stop.signal,
    });
    if (end.stopped) return;
    seeds += 1;
    for (const [kind, count] of end.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    if (end.trouble === undefined) continue;
    bad.push({ seed, ...end });
    console.log(
      `✘ seed ${seed}: ${end.trouble}\n  kept in ${end.kept}${end.replay ? `\n  ${end.replay}` : ''}`,
    );
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const steps = [...kinds.values()].reduce((sum, count) => sum + count, 0);
const seconds = (performance.now() - began) / 1000;
for (const [kind, count] of [...kinds].sort((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(8)} ${kind}`);
console.log(
  `${steps} steps over ${seeds} seeds (from ${values.seed}) in ${seconds.toFixed(0)} s: ${bad.length} violations`,
);
for (const { seed, trouble } of bad) console.log(`  seed ${seed}: ${trouble}`);
process.exitCode = bad.length > 0 ? 1 : stopping ? 130 : 0;
