/** What an operator does after a pass has told of trouble. */
import fc from 'fast-check';
import { rowsIn } from '../rows.js';
import { cache } from '../names.js';
import { step } from '../step.js';

export const forget = step({
  name: 'forget what is lost',
  weight: 3,
  args: fc.record({ cache }),
  async run(world, _truth, { cache }) {
    const lost = [...rowsIn(world.caches[cache]!).values()].flat().filter((row) => row.lost !== null);
    if (lost.length === 0) return;
    await world.archive(cache).catalogue.forget(
      lost.map(({ path }) => path),
      { reason: 'it is gone' },
    );
  },
});
