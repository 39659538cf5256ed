/** Passes. */
import fc from 'fast-check';
import { STILL_WRITTEN } from '../../../../lib/rules/remote_state.js';
import { exitCodeOfReport } from '../../../../lib/cli/pass.js';
import type { Report } from '../../../../lib/index.js';
import { checkJob, type Removal } from '../invariant.js';
import { job } from '../job.js';
import { cache } from '../names.js';
import { step } from '../step.js';
import type { Truth } from '../truth.js';
import { violated } from '../violation.js';
import { bytesAt, type Sight, type World } from '../world.js';

export const passOptions = {
  autoRemove: fc.constantFrom('never' as const, 'cached' as const, 'backed_up' as const),
  verify: fc.constantFrom('auto' as const, 'checksum' as const, 'read' as const, 'size' as const),
  checksumType: fc.constantFrom('adler32' as const, 'adler32' as const, 'crc32c' as const),
  unfinishedAfter: fc.constantFrom(600, 0),
};

export const backup = step({
  name: 'backup',
  weight: 10,
  args: fc.record({
    ...{ cache, ...passOptions, catalogueSegments: fc.boolean() },
    dryRun: fc.constantFrom(false, false, false, true),
    shard: fc.constantFrom(undefined, undefined, undefined, 0, 1),
  }),
  async run(world, truth, { cache, unfinishedAfter, dryRun, shard, ...options }) {
    const before = world.sight();
    truth.offered(cache);
    const archive = world.archive(cache, { ...options, unfinishedAfterSeconds: unfinishedAfter });
    const report = await job(truth, () =>
      archive.backup({ dryRun, ...(shard !== undefined && { shard: { index: shard, count: 2 } }) }),
    );
    const { autoRemove, verify } = options;
    const after = await checkJob(world, truth, before, {
      ...(!dryRun && { uploads: [{ cache, unfinishedAfter }] }),
      removals: dryRun ? [] : removalsOf(cache, autoRemove, verify),
    });
    if (report !== undefined && !dryRun && shard === undefined)
      checkDone(world, truth, cache, verify, report, after);
  },
});

export function removalsOf(cache: number, rule: 'never' | 'cached' | 'backed_up', verify: string): Removal[] {
  return rule === 'never' ? [] : [{ from: cache, cache, rule, verify }];
}

/** A pass that says that all went as asked has archived all. */
function checkDone(
  world: World,
  truth: Truth,
  cache: number,
  verify: string,
  report: Report,
  after: Sight,
): void {
  if (exitCodeOfReport(report) !== 0) return;
  // What isn't to be archived yet is told as a reason, and is no failure.
  const waits = Object.keys(report.keptReasons).some((reason) =>
    /being written|open for writing/.test(reason),
  );
  for (const [path, { hash, size, ino }] of after.caches[cache]!) {
    if (hash.startsWith('link:') || hash === 'special')
      violated(`a pass ended with 0, and ${path} is ${hash}`);
    const remote = after.remote.get(path);
    // What a broken copy left may be somebody's who still writes it.
    if (remote !== undefined && report.keptReasons[STILL_WRITTEN] !== undefined) continue;
    if (truth.trouble && report.kept > 0) continue;
    const got = bytesAt(remote);
    if (got?.hash === hash) continue;
    if (waits && (world.written.has(ino) || (remote !== undefined && remote.disk.size < size))) continue;
    if (got?.size === size && (verify === 'size' || truth.harm.get(path)?.quiet === true)) continue;
    violated(`a pass ended with 0, and ${path} (${hash}) isn't on the server: ${JSON.stringify(report)}`);
  }
}
