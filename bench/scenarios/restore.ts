/** The way back, of files that are online: large ones and many small ones. */
import type { Bench } from '../harness/bench.js';
import { downloading, type Copier } from '../harness/copying.js';
import type { DataSet } from '../harness/data.js';
import { oursRestore } from '../harness/ours.js';
import { ratio, type Wish } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { bestXrdcp } from '../harness/search.js';
import { cpDown } from '../peers/cp.js';
import { xrdcpDown } from '../peers/xrdcp.js';
import { fewData, largeData, smallData } from './data_sets.js';

export const restore: Scenario = {
  name: 'restore',
  title: 'restore of 10 × 200 MB and 10,000 × 100 kB that are online',
  run: async (bench) => {
    const [bytes, files] = [await restoring(bench, 'large'), await restoring(bench, 'small')];
    return {
      facts: { ...bytes.facts, ...files.facts },
      results: [...bytes.results, ...files.results],
      wishes: [...bytes.wishes, ...files.wishes],
    };
  },
};

async function restoring(bench: Bench, kind: 'large' | 'small'): Promise<Findings> {
  const data = kind === 'large' ? largeData(bench) : smallData(bench);
  const trial = kind === 'large' ? data : fewData(bench);
  const room = async (each: DataSet) => ({ data: each, held: await bench.onServer(each) });
  const best = await bestXrdcp(bench, await room(trial), { streams: kind === 'large' });
  const { held } = await room(data);
  const name = (who: string) => `${kind}: ${who}`;
  const down = (who: string, copier: Copier) =>
    downloading(bench, data, held, name(who), copier, { unit: kind === 'large' ? 'MB' : 'files' });
  const ours = {
    ours: oursRestore(bench),
    'ours, no fsync': oursRestore(bench, { fsync: false }),
    'ours, verify size, no fsync': oursRestore(bench, { fsync: false, verify: 'size' }),
  };
  const results = await bench.turns([
    ...Object.entries(ours).map(([who, copier]) => down(who, copier)),
    best && down('xrdcp', xrdcpDown(best.best)),
    down('cp -r', cpDown(bench)),
  ]);
  const wishes: Wish[] = Object.keys(ours).map((who) => ratio(name(who), name('xrdcp'), 1));
  return { facts: best && { [name('xrdcp --parallel')]: best.tried }, results, wishes };
}
