/** A backup to a server that is far away: time goes into waiting, unless enough is in flight. */
import type { Bench } from '../harness/bench.js';
import type { Contestant } from '../harness/contestant.js';
import { uploading, type Copier } from '../harness/copying.js';
import type { DataSet } from '../harness/data.js';
import { atDistances, farName } from '../harness/distances.js';
import { oursBackup } from '../harness/ours.js';
import { ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { pythonBackup } from '../peers/python.js';

/** Milliseconds of a round-trip. */
const milliseconds = [10, 50];
const full = 'ours, verify auto';
const asked = 'ours, verify checksum';
const sizes = 'ours, verify size';
const python = 'python';

/** Times the Python way, which does nothing but wait. */
const farGoal = (distance: number) => (distance < 50 ? 25 : 100);

export const latency: Scenario = {
  name: 'latency',
  title: 'backup of 5,000 × 100 kB (python: of 100), at 10 and 50 ms',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const shape = { bytesEach: 1e5, filesPerDirectory: 500 };
  const all = bench.data('far', { files: bench.amount(5000, 50), ...shape });
  // One after the other: each takes as long as the last, and 5,000 would take half an hour.
  const few = bench.data('far-few', { files: bench.amount(100, 5), ...shape });
  const { distances, facts } = await atDistances(bench, milliseconds);
  const contestants: Contestant[] = [];
  for (const { milliseconds: distance, server } of distances) {
    const add = (data: DataSet, who: string, copier: Copier) =>
      contestants.push(uploading(bench, data, farName(distance, who), copier, { server }));
    add(all, full, oursBackup(bench));
    add(all, asked, oursBackup(bench, { verify: 'checksum' }));
    add(all, sizes, oursBackup(bench, { verify: 'size' }));
    if (bench.peers.python !== undefined) {
      add(few, python, pythonBackup(bench.peers.python.program, { copied: few.files, present: 0 }));
    }
  }
  return {
    facts,
    results: await bench.turns(contestants),
    wishes: milliseconds.flatMap((distance) =>
      [full, sizes].map((who) => ratio(farName(distance, who), farName(distance, python), farGoal(distance))),
    ),
  };
}
