/** What it costs that somebody listens to everything. */
import type { Bench } from '../harness/bench.js';
import type { Contestant } from '../harness/contestant.js';
import { uploading } from '../harness/copying.js';
import { oursBackup } from '../harness/ours.js';
import { ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { largeData, smallData } from './data_sets.js';

const kinds = ['large', 'small'] as const;
const silent = (kind: string) => `${kind}: nobody listens`;
const heard = (kind: string) => `${kind}: all events are heard`;

export const events: Scenario = {
  name: 'events',
  title: 'backup of 10 × 200 MB and 10,000 × 100 kB, with and without a listener to all events',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const contestants = kinds.flatMap((kind): Contestant[] => {
    const data = kind === 'large' ? largeData(bench) : smallData(bench);
    const up = (name: string, listen: boolean): Contestant => ({
      ...uploading(bench, data, name, oursBackup(bench, { verify: 'size', listen }), {
        unit: kind === 'large' ? 'MB' : 'files',
      }),
      basis: 'innerSeconds',
    });
    return [up(silent(kind), false), up(heard(kind), true)];
  });
  return {
    results: await bench.turns(contestants),
    wishes: kinds.map((kind) => ratio(heard(kind), silent(kind), 0.97)),
  };
}
