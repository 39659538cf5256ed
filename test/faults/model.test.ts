/**
 * The model: caches, their users, jobs, tape and third parties in random order, and after each step what must be true of every byte.
 * `node dist/test/faults/model/run.js` runs it for as long as one likes.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { put } from './model/steps/put.js';
import { stopSecondServer } from './model/second_server.js';
import { parseReplay, runSeed } from './model/runner.js';
import { step } from './model/step.js';
import { violated } from './model/violation.js';
import { scaled } from '../support/tier.js';

const steps = scaled('steps of the model', 100, 6000);
const today = Math.floor(Date.now() / 86_400_000);
/** New ones each day, where there is time for more than a few steps. */
const firstSeed = steps > 1000 ? today * 1000 : 1;
const given = process.env['MODEL_REPLAY'];

describe('whatever happens in whatever order, no byte is lost', function () {
  // 6,000 steps take two minutes on an idle machine.
  this.timeout(20 * 60_000);
  after(stopSecondServer);

  if (given !== undefined)
    it(`repeats ${given}`, async () => {
      const { violation } = await runSeed({ seed: 0, maxCommands: 0, replay: parseReplay(given) });
      assert.equal(violation?.message, undefined, violation?.message);
    });
  else
    it(`in ${steps} steps, from seed ${firstSeed} on`, async () => {
      let done = 0;
      for (let seed = firstSeed; done < steps; seed += 1) {
        const maxCommands = Math.min(1000, steps);
        const result = await runSeed({ seed, maxCommands });
        assert.equal(result.violation?.message, undefined, result.violation?.message);
        done += result.steps;
      }
    });
});

describe('a violation of the model', () => {
  /** Stands for a fault of ours: whoever has put `a` must not do this. */
  const fault = step({
    name: 'fault',
    weight: 5,
    args: fc.record({ size: fc.nat(99) }),
    run(_world, truth, { size }) {
      if (truth.local[0]!.has('a')) violated(`a planted fault of ${size}`);
    },
  });

  it('is made small, and its line repeats it', async () => {
    const run = { maxCommands: 100, steps: [put, fault], shrinkFor: 5000 };
    const { violation } = await runSeed({ ...run, seed: 7 });
    assert.ok(violation !== undefined, 'the planted fault was not found');
    const doneOf = (message: string) => /What was done:\n([^]*)\nRepeat/.exec(message)?.[1];
    const again = await runSeed({ ...run, seed: 0, replay: parseReplay(violation.replay) });
    assert.match(violation.message, /a planted fault/);
    assert.equal(doneOf(again.violation?.message ?? ''), doneOf(violation.message));
    assert.ok(doneOf(violation.message)!.split('\n').length < 20, violation.message);
  });
});
