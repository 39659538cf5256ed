/**
 * Writes records into a cache: `ingest.js JOB`, where JOB is JSON; maybe while a pass works on that cache. Prints a JSON
 * line with the time that the writes took, without the pauses, and how it is distributed.
 */
import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Archive } from '../../lib/index.js';
import type { IngestJob } from '../harness/ingest_job.js';
import { quantile } from '../harness/summary.js';

const job = JSON.parse(process.argv[2]!) as IngestJob;
const { how, pass, bytes, count, beside = 'nothing', pauseMilliseconds = 0 } = job;
const archive = new Archive(pass.options);
const cache = pass.options.cacheDirectory!;
const data = randomFillSync(new Uint8Array(bytes));
const delay = monitorEventLoopDelay({ resolution: 1 });

const seconds: number[] = [];
let passing = beside !== 'nothing';
const other = startPass();
await mkdir(join(cache, 'ingest'), { recursive: true });
delay.enable();
while (beside === 'nothing' ? seconds.length < count : passing) {
  const start = performance.now();
  await write(`ingest/record-${seconds.length}.h5`);
  seconds.push((performance.now() - start) / 1000);
  await sleep(pauseMilliseconds);
}
delay.disable();
await other;

const sum = seconds.reduce((total, each) => total + each, 0);
const milliseconds = (share: number) => quantile(seconds, share) * 1000;
console.log(
  JSON.stringify({
    innerSeconds: sum,
    secondsEach: sum / seconds.length,
    puts: seconds.length,
    putP50Milliseconds: milliseconds(0.5),
    putP99Milliseconds: milliseconds(0.99),
    putMaxMilliseconds: milliseconds(1),
    // Only ours is judged by it.
    ...(how === 'put' && {
      loopP99Milliseconds: delay.percentile(99) / 1e6,
      loopMaxMilliseconds: delay.max / 1e6,
    }),
  }),
);

async function write(path: string): Promise<void> {
  if (how === 'put') await archive.put(path, data);
  else await writeFile(join(cache, path), data);
}

async function startPass(): Promise<void> {
  try {
    if (beside === 'here') {
      const { failed, conflicts } = await archive.backup();
      if (failed + conflicts > 0) throw new Error(`the pass had ${failed} failures, ${conflicts} conflicts`);
    } else if (beside === 'elsewhere') {
      const script = fileURLToPath(new URL('ours.js', import.meta.url));
      await promisify(execFile)(process.execPath, [script, JSON.stringify(pass)]);
    }
  } finally {
    passing = false;
  }
}
