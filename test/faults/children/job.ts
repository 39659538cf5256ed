/**
 * One job in a process of its own, to be killed, limited or put into another time: says that it is ready, waits for a line with the
 * job (JSON: `ChildJob`), tells the type of each event on a line, and in the last line how it ended (`ChildResult`).
 */
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { Archive } from '../../../lib/index.js';
import type { ChildJob, ChildResult } from '../../support/job_process.js';
import { jump } from '../../support/jumping_clock.js';

const lines = createInterface({ input: process.stdin });
process.stdout.write('ready\n');
const [line] = (await once(lines, 'line')) as [string];
const job = JSON.parse(line) as ChildJob;
lines.close();

let seen = 0;
const { clock } = job;
if (clock?.afterEvents === 0) jump(clock.milliseconds);
const archive = new Archive({ logLevel: 'error', ...job.options });
archive.onAny(({ type }) => {
  seen += 1;
  process.stdout.write(`${type}\n`);
  if (clock !== undefined && seen === clock.afterEvents) jump(clock.milliseconds);
  if (seen === job.killAfterEvents) process.kill(process.pid, 'SIGKILL');
});

process.stdout.write(
  `\n${JSON.stringify({ ...(await run()), maxRss: process.resourceUsage().maxRSS * 1024 })}\n`,
);
process.stdin.destroy();

async function run(): Promise<ChildResult> {
  try {
    return { report: await reportOf() };
  } catch (error) {
    const { code, message, name, exitCode } = error as Error & { code?: unknown; exitCode?: unknown };
    return { error: { name, code: String(code), message, ...(exitCode !== undefined && { exitCode }) } };
  }
}

async function reportOf(): Promise<ChildResult['report']> {
  switch (job.job) {
    case 'backup':
      return archive.backup(job.arguments);
    case 'restore':
      return archive.restore(job.paths ?? [], job.arguments);
    case 'retention':
      return archive.retention(job.arguments);
    case 'rebuild':
      return archive.rebuild(job.arguments);
    case 'verify':
      return archive.verify(job.paths ?? [], job.arguments);
    case 'put':
      for (const { path, bytes, overwrite } of job.arguments) {
        await archive.put(path, Buffer.from(bytes, 'base64'), { overwrite });
        process.stdout.write(`put ${JSON.stringify(path)}\n`);
      }
      return undefined;
  }
}
