/**
 * Says that it is ready, waits for a line with a job (JSON: `StoppedJob`), does it, and stands still at the point that the job names.
 * To be killed there, or to go on.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Archive } from '../../../lib/index.js';
import { bytesOf } from '../../support/records.js';
import type { StoppedJob } from '../../support/stopped_process.js';

const lines = createInterface({ input: process.stdin });
process.stdout.write('ready\n');
const [line] = (await once(lines, 'line')) as [string];
lines.close();
const job = JSON.parse(line) as StoppedJob;
const { point, reached, go } = job;

Object.assign(globalThis, {
  atPoint(name: string): void {
    if (name !== point || existsSync(reached)) return;
    closeSync(openSync(reached, 'wx'));
    while (!existsSync(go)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  },
  isForced: (what: string) => what === job.forced,
});
// The C library's own environment is changed by this: see at_call.c.
if (job.call !== undefined)
  Object.assign(process.env, {
    ...{ AT_CALL: job.call, AT_PATH: job.callPath ?? '', AT_REACHED: reached, AT_GO: go },
  });

const archive = new Archive({ logLevel: 'error', ...job.options });
try {
  process.stdout.write(`${JSON.stringify(await run())}\n`);
} catch (error) {
  process.stdout.write(`${String(error)}\n`);
}
process.stdin.destroy();

async function run(): Promise<unknown> {
  switch (job.job) {
    case 'backup':
      return await archive.backup();
    case 'retention':
      return await archive.retention({ confirm: true });
    case 'rebuild':
      return await archive.rebuild({ from: 'segments' });
    case 'restore':
      return await archive.restore([job.path], { to: job.to ?? '', evict: true });
    case 'put':
      return await archive.put(job.path, bytesOf(job.path, 5000), {});
    case 'put a stream': {
      const bytes = bytesOf(job.path, 5000);
      const pieces = [bytes.subarray(0, 2000), bytes.subarray(2000)];
      return await archive.put(job.path, pieces, { fsync: true, overwrite: true });
    }
  }
}
