/** The model as a program: `node run.js --seeds 200 --steps 500 [--seed S] [--only NAME,NAME] [--replay LINE]`. */
import { parseArgs } from 'node:util';
import { stopSecondServer } from './second_server.js';
import type { Done } from './truth.js';
import { parseReplay, runSeed } from './runner.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    steps: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    replay: { type: 'string' },
    faults: { type: 'boolean', default: false },
    // A line for each step, before it is done.
    'tell-steps': { type: 'boolean', default: false },
    'shrink-for': { type: 'string', default: '120' },
  },
});

const line = values.replay ?? process.env['MODEL_REPLAY'];
const replay = line === undefined ? undefined : parseReplay(line);
const seeds = replay === undefined ? Number(values.seeds) : 1;
const began = performance.now();
const done: Done = new Map();
let steps = 0;
let violations = 0;

for (let index = 0; index < seeds; index += 1) {
  const seed = Number(values.seed) + index;
  const start = performance.now();
  const result = await runSeed({
    seed,
    maxCommands: 2 * Number(values.steps),
    faults: values.faults,
    ...(values['tell-steps'] && { onStep: (step: string) => process.stdout.write(`step ${step}\n`) }),
    shrinkFor: 1000 * Number(values['shrink-for']),
    ...(values.only !== undefined && { only: values.only.split(',') }),
    ...(replay !== undefined && { replay }),
  });
  steps += result.steps;
  for (const [name, { count, ms }] of result.done) {
    const before = done.get(name) ?? { count: 0, ms: 0 };
    done.set(name, { count: before.count + count, ms: before.ms + ms });
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(`seed ${replay?.seed ?? seed}: ${result.steps} steps in ${seconds.toFixed(1)} s`);
  if (result.violation !== undefined) {
    violations += 1;
    console.log(result.violation.message);
  }
}

const seconds = (performance.now() - began) / 1000;
for (const [name, { count, ms }] of [...done].sort())
  console.log(`${String(count).padStart(8)} ${name}, ${(ms / count).toFixed(1)} ms each`);
console.log(
  `${steps} steps over ${seeds} seeds in ${seconds.toFixed(0)} s, ${(steps / seconds).toFixed(1)} steps/s, ` +
    `${violations} violations`,
);
await stopSecondServer();
process.exitCode = violations > 0 ? 1 : 0;
