/**
 * `script.js INDEX…`: does the steps of these defects' scripts, each in a world of its own, and tells on a line how each ended (JSON: `Ended`).
 * `script.js random SEED STEPS`: does steps of chance.
 */
import { DEFECTS } from './defects.js';
import { runSeed } from './runner.js';
import { stopSecondServer } from './second_server.js';
import { StepCommand } from './step.js';
import { STEPS } from './steps/index.js';
import { momentary } from './steps/moments.js';
import { Truth } from './truth.js';
import { Violation } from './violation.js';
import { World } from './world.js';

export interface Ended {
  /** Steps until it was violated; undefined: it wasn't. */
  steps?: number;
  message?: string;
}

const known = new Map([...STEPS, ...momentary].map((step) => [step.name, step]));

const [first, ...others] = process.argv.slice(2);
if (first === 'random') console.log(JSON.stringify(await random(Number(others[0]), Number(others[1]))));
else for (const index of process.argv.slice(2)) console.log(JSON.stringify(await run(Number(index))));
await stopSecondServer();

/** All, or those that `--only` of run.js would take. */
function chosen() {
  const only = process.env['BITE_STEPS']?.split(';');
  return [...known.values()].filter(({ name }) => only?.includes(name) ?? true);
}

/** Seed after seed, until something is violated or so many steps were done. */
async function random(seed: number, most: number): Promise<Ended> {
  let steps = 0;
  for (let next = seed; steps < most; next += 1) {
    const result = await runSeed({ seed: next, maxCommands: 200, shrinkFor: 0, steps: chosen() });
    steps += result.steps;
    if (result.violation !== undefined) return { steps, message: result.violation.message };
  }
  return {};
}

async function run(index: number): Promise<Ended> {
  const truth = new Truth();
  await using world = await World.start(truth);
  for (const [name, args] of DEFECTS[index]!.script) {
    const definition = known.get(name);
    if (definition === undefined) throw new Error(`no step of the model is called ${name}`);
    const command = new StepCommand(definition, args);
    if (!command.check(truth)) throw new Error(`${name} can't be done then`);
    try {
      await command.run(truth, world);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { steps: truth.steps, message: error.message };
    }
  }
  if (process.env['BITE_FIGURES'] !== undefined) console.error(truth.log.join('\n'));
  return {};
}
