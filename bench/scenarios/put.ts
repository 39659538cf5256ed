/** Ingest: put() beside a plain writeFile, and while a pass works at full speed. */
import type { Bench } from '../harness/bench.js';
import type { Contestant } from '../harness/contestant.js';
import { removeOwnFiles } from '../harness/copying.js';
import { jobOf, nodeCommand } from '../harness/ours.js';
import type { IngestJob } from '../harness/ingest_job.js';
import { bound, ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { smallData } from './data_sets.js';

const put = 'put of 200 MB';
const writeFile = 'fs.writeFile of 200 MB';
/** What the machine makes of the plainest write there is. */
const floor = 'fs.writeFile of 1 MB, a pass in another process';
const besides = {
  nothing: 'put of 1 MB, no pass',
  here: 'put of 1 MB, a pass in the same process',
  elsewhere: 'put of 1 MB, a pass in another process',
} as const;

export const putting: Scenario = {
  name: 'put',
  title: 'put of 200 MB and fs.writeFile; put of 1 MB beside a pass over 10,000 × 100 kB',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const results = await bench.turns([
    large(bench, put, 'put'),
    large(bench, writeFile, 'writeFile'),
    ...Object.entries(besides).map(([beside, name]) => small(bench, name, beside as keyof typeof besides)),
    small(bench, floor, 'elsewhere', 'writeFile'),
  ]);
  return {
    results,
    wishes: [
      ratio(writeFile, put, 1.1, { sense: 'at most' }),
      ...Object.values(besides).map((name) => bound(name, 'putP99Milliseconds', 'at most', 10, 'ms')),
      ratio(besides.elsewhere, floor, 1, { measure: 'putP99Milliseconds', sense: 'at most' }),
    ],
  };
}

function large(bench: Bench, name: string, how: IngestJob['how']): Contestant {
  const cache = bench.path('ingest');
  const [count, bytes] = [3, bench.amount(2e8, 2e6)];
  const pass = jobOf(bench, cache, `${bench.server.url}//target`, {});
  const run = () => bench.measure(nodeCommand(bench, 'ingest.js', job({ how, pass, bytes, count })));
  return {
    name,
    amount: { count: (count * bytes) / 1e6, unit: 'MB' },
    basis: 'innerSeconds',
    prepare: async () => {
      // Whoever comes first else pays for memory that a virtual machine gets from its host only when it is touched.
      await bench.empty(cache);
      await run();
      await bench.empty(cache);
    },
    run,
    check: () => bench.remove(cache),
  };
}

/** Puts for as long as the pass takes, or as many as they would be without one. */
function small(
  bench: Bench,
  name: string,
  beside: keyof typeof besides,
  how: IngestJob['how'] = 'put',
): Contestant {
  const data = smallData(bench);
  const count = bench.amount(300, 10);
  const target = '/target';
  const pass = jobOf(bench, data.directory, `${bench.server.url}/${target}`, { verify: 'size' });
  const clean = async () => {
    await bench.remove(bench.server.file(target));
    await bench.remove(`${data.directory}/ingest`);
    removeOwnFiles(data.directory);
  };
  const least = bench.amount(100, 1);
  return {
    name,
    amount: { count: 1, unit: 'puts' },
    basis: 'secondsEach',
    prepare: async () => {
      await clean();
      bench.server.mkdir(target);
    },
    run: async () => {
      const measures = await bench.measure(
        nodeCommand(bench, 'ingest.js', job({ how, beside, pass, bytes: 1e6, count, pauseMilliseconds: 5 })),
      );
      if (measures['puts']! < least) throw new Error(`only ${measures['puts']!} puts beside the pass`);
      return measures;
    },
    check: clean,
  };
}

const job = (ingest: IngestJob) => ingest;
