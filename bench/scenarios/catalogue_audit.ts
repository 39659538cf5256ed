/** `verify --catalogue`: how fast is a catalogue compared with the server, by sizes and by checksums, and does memory stay flat? */
import { auditing } from '../harness/auditing.js';
import type { Bench } from '../harness/bench.js';
import { passing } from '../harness/passing.js';
import { bound, ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { floorStat } from '../peers/floor.js';

const window = 256;
const whole = 'ours, 1,000,000 empty records';
const tenth = 'ours, 100,000 empty records';
const floor = `floor, ${window} stats in flight, 100,000`;
const sums = 'ours, checksums, 20,000 of 1 kB';
const sizes = 'ours, sizes only, 20,000 of 1 kB';

export const catalogueAudit: Scenario = {
  name: 'catalogue-audit',
  title: 'a catalogue compared with the server, on which all of its records are',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const empty = (name: string, files: number) => bench.data(name, { files, bytesEach: 0 });
  const many = empty('audited', bench.amount(1_000_000, 2000));
  const tenthOf = empty('audited-tenth', many.files / 10);
  const some = bench.data('audited-bytes', { files: bench.amount(20_000, 100), bytesEach: 1000 });
  const contestants = [
    await auditing(bench, many, whole, { bytes: true }),
    await auditing(bench, tenthOf, tenth, { bytes: true }),
    await passing(bench, tenthOf, floor, floorStat(bench, window)),
    await auditing(bench, some, sums, { bytes: true }),
    await auditing(bench, some, sizes, { bytes: false }),
  ];
  return {
    results: await bench.turns(contestants, 3),
    wishes: [
      bound(whole, 'rate', 'at least', 20_000, 'files/s'),
      bound(whole, 'peakRssBytes', 'at most', 250, 'MB', 1e-6),
      ratio(whole, tenth, 1.1, { measure: 'peakRssBytes', sense: 'at most' }),
      ratio(tenth, floor),
      ratio(sizes, sums),
    ],
  };
}
