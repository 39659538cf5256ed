/** Works on a catalogue: `catalogue.js JOB`, where JOB is JSON. Prints a JSON line with what it measured. */
import { statSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Catalogue } from '../../lib/catalogue/catalogue.js';
import { openCatalogue } from '../../lib/catalogue/open_catalogue.js';
import type { RecordFacts } from '../../lib/catalogue/row.js';
import type { CatalogueJob } from '../harness/catalogue_job.js';

const { what, cache, rows, atOnce = 1 } = JSON.parse(process.argv[2]!) as CatalogueJob;
const config = { catalogue: true, cacheDirectory: cache, targetUrl: 'root://localhost:1094//base' };
const directories = 1000;

function factsOf(i: number): RecordFacts {
  const value = (i * 2654435761) >>> 0;
  return {
    path: `2025/instrument-${i % 10}/run-${i % directories}/record-${i}.h5`,
    ...{ size: 100_000 + i, mtime: (1_735_689_600 + i) * 1e6 + 123_456, mode: 0o640 },
    checksums: [
      { type: 'adler32', value: value.toString(16).padStart(8, '0') },
      { type: 'crc32c', value: (value ^ 0x5555).toString(16).padStart(8, '0') },
    ],
    ...{ source: 'read', remoteMtime: (1_735_689_700 + i) * 1000 },
  };
}

const works: Record<CatalogueJob['what'], (catalogue: Catalogue) => Promise<Record<string, number>>> = {
  fill: async (catalogue) => {
    for (let i = 0; i < rows; i++) {
      const at = 1_764_000_000_000 + i;
      catalogue.note({ kind: 'compared', facts: factsOf(i), at, copied: true, onTape: null });
      if (i % 5000 === 4999) await catalogue.flush();
    }
    await catalogue.flush();
    await catalogue.close();
    return { bytesEach: statSync(catalogue.file).size / rows };
  },
  page: async (catalogue) => {
    for await (const page of catalogue.pages({ below: '2025/instrument-7/run-7' }))
      return { pageRows: page.length, sinceStartMilliseconds: performance.now() };
    throw new Error('there are no rows');
  },
  check: () => Promise.resolve({ openMilliseconds: performance.now() - opening }),
  all: async (catalogue) => {
    let read = 0;
    for await (const page of catalogue.pages()) read += page.length;
    if (read !== rows) throw new Error(`${read} rows`);
    return {};
  },
  remove: async (catalogue) => {
    let next = 0;
    const lane = async () => {
      while (next < rows) {
        const facts = factsOf(next++);
        const at = Date.now();
        await catalogue.durable({ kind: 'removing', facts, at, rule: 'backed_up', onTape: true });
        catalogue.note({ kind: 'removed', path: facts.path, at });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    await catalogue.flush();
    return { commits: catalogue.batch };
  },
};

const delay = monitorEventLoopDelay({ resolution: 1 });
const opening = performance.now();
const mode = what === 'page' || what === 'all' ? 'read' : 'write';
const catalogue = await openCatalogue(config, { mode, unchecked: what === 'page' });
if (!(catalogue instanceof Catalogue)) throw new Error('there is no catalogue');
delay.enable();
const started = performance.now();
const measured = await works[what](catalogue);
delay.disable();
const innerSeconds = (performance.now() - started) / 1000;
await catalogue.close();
console.log(JSON.stringify({ innerSeconds, ...measured, loopP99Milliseconds: delay.percentile(99) / 1e6 }));
