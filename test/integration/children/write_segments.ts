/** Notes rows in the catalogue of a cache and writes segments, for ever; a line for each row that is durable. */
import { Catalogue } from '../../../lib/catalogue/catalogue.js';
import { openCatalogue } from '../../../lib/catalogue/open_catalogue.js';
import { resolveOptions } from '../../../lib/config/index.js';
import { writeSegments } from '../../../lib/jobs/catalogue/segments.js';
import { openStore } from '../../../lib/remote/open_store.js';
import { NOON, rowOf } from '../../support/catalogue.js';

const [cacheDirectory = '', targetUrl = '', round = ''] = process.argv.slice(2);
const config = resolveOptions({ cacheDirectory, targetUrl, unfinishedAfterSeconds: 0, retryDelaySeconds: 0 });
const catalogue = await openCatalogue(config, { mode: 'write' });
if (!(catalogue instanceof Catalogue)) throw new Error('no catalogue');
const store = openStore(config);
const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const gone = { removing: NOON, removed: NOON + 1 };

for (let i = 0; ; i += 1) {
  const run = { signal: new AbortController().signal, dryRun: false, extra: {} as { warnings?: string[] } };
  const path = `${round}/${i}`;
  await catalogue.durable({ kind: 'imported', row: rowOf(path, gone) });
  process.stdout.write(`row ${path}\n`);
  if (i % 3 === 2)
    await catalogue.durable({ kind: 'forgotten', path: `${round}/${i - 1}`, at: NOON + 2, reason: 'test' });
  const limits = { mostLines: 1000, leastSegments: 10 };
  await writeSegments({ catalogue, store, config, run, logger, now: Date.now, ...limits });
  for (const warning of run.extra.warnings ?? []) process.stdout.write(`warning ${warning}\n`);
}
