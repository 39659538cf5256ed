/** The catalogue alone: 1,000,000 rows, what they weigh, and how soon they are found. */
import type { Bench } from '../harness/bench.js';
import type { CatalogueJob } from '../harness/catalogue_job.js';
import type { Contestant } from '../harness/contestant.js';
import { nodeCommand } from '../harness/ours.js';
import { bound } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';

const names = {
  fill: 'rows of 1,000,000 copied records',
  page: 'a page below a directory, 1,000,000 rows',
  check: 'opening by a pass, 1,000,000 rows',
  all: 'reading 1,000,000 rows',
  together: 'removals, 64 at once',
  single: 'removals, one after the other',
} as const;

export const catalogue: Scenario = {
  name: 'catalogue',
  title: 'a catalogue of 1,000,000 rows: bytes a row, finding by directory, commits that removals wait for',
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const rows = bench.amount(1_000_000, 5000);
  const full = bench.path('catalogue');
  await bench.measure(nodeCommand(bench, 'catalogue.js', job({ what: 'fill', cache: full, rows })));
  const results = await bench.turns([
    worker(bench, names.fill, { what: 'fill', rows }),
    ...(['page', 'check', 'all'] as const).map((what) => worker(bench, names[what], { what, rows }, full)),
    worker(bench, names.together, { what: 'remove', rows: bench.amount(20_000, 500), atOnce: 64 }),
    worker(bench, names.single, { what: 'remove', rows: bench.amount(500, 50), atOnce: 1 }),
  ]);
  await bench.remove(full);
  return {
    results,
    wishes: [
      bound(names.fill, 'bytesEach', 'at most', undefined, 'bytes'),
      bound(names.page, 'innerSeconds', 'at most', 50, 'ms', 1000),
      bound(names.page, 'sinceStartMilliseconds', 'at most', undefined, 'ms'),
      bound(names.check, 'openMilliseconds', 'at most', undefined, 'ms'),
      bound(names.all, 'peakRssBytes', 'at most', 250, 'MB', 1e-6),
    ],
  };
}

/** @param cache of a catalogue that is there; undefined: a new one each time */
function worker(
  bench: Bench,
  name: string,
  what: Pick<CatalogueJob, 'what' | 'rows' | 'atOnce'>,
  cache?: string,
): Contestant {
  const own = bench.path('catalogue-own');
  return {
    name,
    amount: { count: what.rows, unit: 'rows' },
    basis: 'innerSeconds',
    prepare: () => bench.empty(own),
    run: () => bench.measure(nodeCommand(bench, 'catalogue.js', job({ ...what, cache: cache ?? own }))),
    check: () => bench.empty(own),
  };
}

const job = (given: CatalogueJob) => given;
