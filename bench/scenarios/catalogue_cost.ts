/** What a catalogue costs passes: the same with and without it, in processor time, which says more than time on a busy machine. */
import type { Bench } from '../harness/bench.js';
import { uploading } from '../harness/copying.js';
import { oursBackup, oursPass } from '../harness/ours.js';
import { passing } from '../harness/passing.js';
import { removing } from '../harness/removing.js';
import { ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { largeData, smallData } from './data_sets.js';

const ways = {
  known: '100,000 known records',
  stay: '10,000 × 100 kB, which stay',
  go: '10,000 × 100 kB, which are removed',
  put: '10,000 × 100 kB of put(), which are removed',
  large: '10 × 200 MB, which stay',
} as const;

const withIt = (way: string) => `${way}, with a catalogue`;
const without = (way: string) => `${way}, without`;

export const catalogueCost: Scenario = {
  name: 'catalogue-cost',
  title: 'what a catalogue costs passes: over 100,000 known records, of 10,000 × 100 kB, of 10 × 200 MB',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const [few, large] = [smallData(bench), largeData(bench)];
  const both = [
    [withIt, {}],
    [without, { catalogue: false }],
  ] as const;
  const contestants = both.flatMap(([named, options]) => {
    const gone = oursBackup(bench, { ...options, autoRemove: 'cached' });
    return [
      uploading(bench, few, named(ways.stay), oursBackup(bench, options)),
      removing(bench, few, named(ways.go), gone, 'files'),
      removing(bench, few, named(ways.put), gone, 'put'),
      uploading(bench, large, named(ways.large), oursBackup(bench, options), { unit: 'MB' }),
    ];
  });
  for (const [named, options] of both) {
    const shape = { files: bench.amount(100_000, 500), bytesEach: 1000 };
    const data = bench.data(named('known').replaceAll(/\W+/g, '-'), shape);
    const pass = oursPass(bench, options);
    contestants.push(await passing(bench, data, named(ways.known), pass, { remembers: true }));
  }
  return {
    results: await bench.turns(contestants),
    wishes: Object.values(ways).map((way) =>
      ratio(withIt(way), without(way), 1.05, { measure: 'cpuSeconds', sense: 'at most' }),
    ),
  };
}
