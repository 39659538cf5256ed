/** The model with faults: of the line, the server, disks, the clock, and of our own processes. `npm run torture` runs it for hours. */
import assert from 'node:assert/strict';
import { environment } from '../../lib/xrdcl/index.js';
import { scaled } from '../support/tier.js';
import { runSeed } from './model/runner.js';
import { stopSecondServer } from './model/second_server.js';

const steps = scaled('steps of the model with faults', 40, 200);
const today = Math.floor(Date.now() / 86_400_000);
/** New ones each day, where there is time for more than a few steps. */
const firstSeed = steps > 100 ? today * 1000 : 2;

describe('whatever fails in whatever order, no byte is lost', function () {
  // 200 steps take a minute on an idle machine, most of them in waiting for servers that are dead.
  this.timeout(15 * 60_000);
  before(() => {
    for (const name of ['StreamTimeout', 'ConnectionWindow']) environment.put(name, 3);
  });
  after(stopSecondServer);

  it(`in ${steps} steps, from seed ${firstSeed} on`, async () => {
    let done = 0;
    for (let seed = firstSeed; done < steps; seed += 1) {
      const { violation, steps: more } = await runSeed({
        seed,
        maxCommands: steps,
        faults: true,
        shrinkFor: 60_000,
      });
      assert.equal(violation?.message, undefined, violation?.message);
      done += more;
    }
  });
});
