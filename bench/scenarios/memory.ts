/** Memory must not grow with the number of records, nor much with their size. */
import type { Bench } from '../harness/bench.js';
import { uploading } from '../harness/copying.js';
import type { DataSet } from '../harness/data.js';
import { oursBackup, oursPass } from '../harness/ours.js';
import { passing } from '../harness/passing.js';
import { bound, ratio, type ContestantResult } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';

const many = 'a pass over 1,000,000 empty records';
const tenth = 'a pass over 100,000 empty records';
const atOnce = '16 × 1 GB, 16 copies at once';
/** Peaks vary less than times, and these runs are long. */
const mostRounds = 3;

export const memory: Scenario = {
  name: 'memory',
  title: 'peak memory: of passes over very many records, and of 16 × 1 GB at once',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const results = [...(await passes(bench)), ...(await copies(bench))];
  return {
    results,
    wishes: [
      bound(many, 'peakRssBytes', 'at most', 250, 'MB', 1e-6),
      ratio(many, tenth, 1.1, { measure: 'peakRssBytes', sense: 'at most' }),
      bound(atOnce, 'peakRssBytes', 'at most', 500, 'MB', 1e-6),
    ],
  };
}

async function passes(bench: Bench): Promise<ContestantResult[]> {
  const empty = (name: string, files: number) => bench.data(name, { files, bytesEach: 0 });
  const all = empty('empty', bench.amount(1_000_000, 2000));
  const few = empty('empty-tenth', all.files / 10);
  const contestants = [
    await passing(bench, all, many, oursPass(bench)),
    await passing(bench, few, tenth, oursPass(bench)),
  ];
  const results = await bench.turns(contestants, mostRounds);
  for (const data of [all, few]) await dropEverywhere(bench, data);
  return results;
}

async function copies(bench: Bench): Promise<ContestantResult[]> {
  const data = bench.data('gigabytes', { files: 16, bytesEach: bench.amount(1e9, 1e6), sparse: true });
  const results = await bench.turns(
    [uploading(bench, data, atOnce, oursBackup(bench, { parallelCopies: 16 }), { unit: 'MB' })],
    mostRounds,
  );
  await bench.drop(data);
  return results;
}

async function dropEverywhere(bench: Bench, data: DataSet): Promise<void> {
  await bench.dropFromServer(await bench.onServer(data));
  await bench.drop(data);
}
