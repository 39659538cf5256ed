/**
 * One job of ours in a process of its own, through the public API: `ours.js JOB`, where JOB is JSON. Prints a JSON line
 * with the report's numbers and what the job did to this process.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Archive, type Report } from '../../lib/index.js';
import type { OursJob } from '../harness/ours.js';

const job = JSON.parse(process.argv[2]!) as OursJob;
const archive = new Archive(job.options);
let events = 0;
if (job.listen) {
  archive.onAny(({ type }) => {
    if (type === 'progress' || type.startsWith('file:')) events++;
  });
}
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const start = performance.now();
const report = await run();
const innerSeconds = (performance.now() - start) / 1000;
delay.disable();

const { scanned, copied, kept, failed, conflicts, verified = 0 } = report;
const counts = { scanned, copied, kept, failed, conflicts, verified };
const loop = { loopP99Milliseconds: delay.percentile(99) / 1e6, loopMaxMilliseconds: delay.max / 1e6 };
for (const { path, code, message } of report.failures.slice(0, 10)) console.error(path, code, message);
console.log(JSON.stringify({ innerSeconds, ...counts, ...loop, ...(job.listen && { events }) }));

function run(): Promise<Report> {
  const { restoreTo, fsync, audit } = job;
  if (restoreTo !== undefined) return archive.restore(['.'], { to: restoreTo, fsync });
  return audit === undefined
    ? archive.backup()
    : archive.verify([], { against: { catalogue: true, ...audit } });
}
