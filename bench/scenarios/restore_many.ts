/** Very many very small files back: what one file costs in time, and in memory. */
import type { Bench } from '../harness/bench.js';
import { downloading, type Copier } from '../harness/copying.js';
import type { DataSet } from '../harness/data.js';
import { oursRestore } from '../harness/ours.js';
import { ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { bestXrdcp } from '../harness/search.js';
import { xrdcpDown } from '../peers/xrdcp.js';

const ours = 'ours';
const noFsync = 'ours, no fsync';
const fewer = 'ours, a tenth of the files';
const xrdcp = 'xrdcp';

export const restoreMany: Scenario = {
  name: 'restore-many',
  title: 'restore of 20,000 × 4 kB that are online, and of a tenth of them',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const shape = { bytesEach: 4096, filesPerDirectory: 500 };
  const many = bench.data('many', { files: bench.amount(20_000, 200), ...shape });
  const tenth = bench.data('tenth', { files: many.files / 10, ...shape });
  const held = new Map<DataSet, string>();
  for (const data of [many, tenth]) held.set(data, await bench.onServer(data));
  const best = await bestXrdcp(bench, { data: tenth, held: held.get(tenth) });
  const down = (data: DataSet, name: string, copier: Copier) =>
    downloading(bench, data, held.get(data)!, name, copier);
  const results = await bench.turns([
    down(many, ours, oursRestore(bench)),
    down(many, noFsync, oursRestore(bench, { fsync: false })),
    down(tenth, fewer, oursRestore(bench)),
    best && down(many, xrdcp, xrdcpDown(best.best)),
  ]);
  return {
    facts: best && { 'xrdcp --parallel': best.tried },
    results,
    wishes: [
      ratio(ours, xrdcp, 1),
      ratio(noFsync, xrdcp, 1),
      ratio(ours, fewer, undefined, { measure: 'peakRssBytes', sense: 'at most' }),
    ],
  };
}
