/** A pass over records that are all on the server: how fast are questions asked, near and far? */
import type { Bench } from '../harness/bench.js';
import type { Contestant } from '../harness/contestant.js';
import type { Copier } from '../harness/copying.js';
import type { DataSet } from '../harness/data.js';
import { atDistances, farName } from '../harness/distances.js';
import { oursPass } from '../harness/ours.js';
import { passing, type PassOptions } from '../harness/passing.js';
import { bound, ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { floorStat } from '../peers/floor.js';
import { pythonBackup } from '../peers/python.js';

/** Milliseconds of a round-trip. */
const milliseconds = [0, 10];
const window = 256;
const first = 'ours, verify checksum, never compared before';
const again = 'ours, verify checksum, compared before';
const sizes = 'ours, verify size';
const fewSizes = 'ours, verify size, 2,000 records';
const floor = `floor, ${window} stats in flight`;
const python = 'python, 2,000 records';

export const pass: Scenario = {
  name: 'pass',
  title: 'a pass over 100,000 records that are all on the server (where said: over 2,000), at 0 and 10 ms',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const shape = { bytesEach: 1000, filesPerDirectory: 1000 };
  const all = bench.data('held', { files: bench.amount(100_000, 500), ...shape });
  const compared = bench.data('held-compared', { files: all.files, ...shape });
  const few = bench.data('held-few', { files: bench.amount(2000, 50), ...shape });
  const { distances, facts } = await atDistances(bench, milliseconds);
  const contestants: Contestant[] = [];
  for (const { milliseconds: distance, server } of distances) {
    const add = async (data: DataSet, who: string, copier: Copier, options: PassOptions = {}) =>
      contestants.push(await passing(bench, data, farName(distance, who), copier, { server, ...options }));
    await add(few, first, oursPass(bench));
    // What is remembered is of one target.
    if (distance === 0) await add(compared, again, oursPass(bench), { remembers: true });
    await add(all, sizes, oursPass(bench, { verify: 'size' }));
    await add(few, fewSizes, oursPass(bench, { verify: 'size' }));
    await add(all, floor, floorStat(bench, window));
    if (bench.peers.python !== undefined) {
      await add(few, python, pythonBackup(bench.peers.python.program, { copied: 0, present: few.files }));
    }
  }
  return {
    facts,
    results: await bench.turns(contestants),
    wishes: [
      ...[again, sizes].map((who) => bound(farName(0, who), 'rate', 'at least', 25_000, 'files/s')),
      ...[sizes, fewSizes].map((who) => ratio(farName(10, who), farName(10, python), 100)),
      ...milliseconds.map((distance) => ratio(farName(distance, sizes), farName(distance, floor))),
    ],
  };
}
