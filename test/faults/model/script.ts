/** Runs scripts of the model's steps (JSON: a list of them), each in a world of its own, and tells on a line how each ended (JSON: `Ended`). */
import { DEFECTS } from './defects.js';
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

/** Indices of DEFECTS. */
for (const index of process.argv.slice(2)) console.log(JSON.stringify(await run(Number(index))));

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
