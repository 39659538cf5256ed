/** Jobs that only look: verify, drill, and the catalogue made anew. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { STILL_WRITTEN } from '../../../../lib/rules/remote_state.js';
import { exitCodeOfReport } from '../../../../lib/cli/pass.js';
import { checkJob } from '../invariant.js';
import { job } from '../job.js';
import { cache } from '../names.js';
import { idOf, rowsIn, sameBytes } from '../rows.js';
import { step, type AnyStep } from '../step.js';
import { violated } from '../violation.js';
import { bytesAt, type World } from '../world.js';

function hasSegments(world: World, id: string | undefined): boolean {
  return id !== undefined && existsSync(join(world.diskRoot, '.xrootd-archive.catalogue', id));
}

export const checks: AnyStep[] = [
  step({
    name: 'verify',
    weight: 2,
    args: fc.record({ cache, catalogue: fc.boolean() }),
    async run(world, truth, { cache, catalogue }) {
      const before = world.sight();
      const archive = world.archive(cache);
      // There is a catalogue only after the first pass.
      if (catalogue && rowsIn(world.caches[cache]!).size === 0) return;
      const report = await job(truth, () =>
        archive.verify([], { against: catalogue ? { catalogue: true } : { cache: true } }),
      );
      await checkJob(world, truth, before, {});
      if (report === undefined || catalogue || exitCodeOfReport(report) !== 0) return;
      for (const [path, { hash }] of before.caches[cache]!) {
        const remote = before.remote.get(path);
        if (bytesAt(remote)?.hash === hash) continue;
        if (truth.harm.get(path)?.unseen === true) continue;
        // What a broken copy left may be somebody's who still writes it.
        if (remote !== undefined && report.keptReasons[STILL_WRITTEN] !== undefined) continue;
        violated(`verify ended with 0, and the server doesn't have ${path}`);
      }
    },
  }),
  step({
    name: 'drill',
    weight: 1,
    args: fc.record({
      cache,
      files: fc.integer({ min: 1, max: 3 }),
      evictFirst: fc.boolean(),
      seed: fc.nat(9),
    }),
    async run(world, truth, { cache, files, evictFirst, seed }) {
      const before = world.sight();
      const scratch = join(world.directory, 'scratch');
      mkdirSync(scratch);
      const archive = world.archive(cache);
      await job(truth, () => archive.drill([], { files, evictFirst, scratch, seed: String(seed) }));
      await checkJob(world, truth, before, {});
      const left = readdirSync(scratch);
      if (left.length > 0 && !truth.trouble) violated(`a drill left ${left.join(', ')}`);
      rmSync(scratch, { recursive: true });
    },
  }),
  step({
    name: 'rebuild',
    weight: 1,
    args: fc.record({
      cache,
      from: fc.constantFrom('segments' as const, 'listing' as const),
      checksums: fc.boolean(),
    }),
    async run(world, truth, { cache, from, checksums }) {
      const id = idOf(world.caches[cache]!);
      const before = world.sight();
      const sent = from === 'listing' ? undefined : await sendSegments();
      // A catalogue that knows nothing has nothing to send.
      if (from === 'segments' && (sent !== true || !hasSegments(world, id))) return;
      const fresh = join(world.directory, 'fresh');
      mkdirSync(fresh);
      const archive = world.archive(cache, { cacheDirectory: fresh });
      const report = await job(truth, () =>
        archive.rebuild({ from, checksums, ...(id !== undefined && from === 'segments' && { archive: id }) }),
      );
      await checkJob(world, truth, before, {});
      if (report !== undefined && exitCodeOfReport(report) === 0) {
        const rows = rowsIn(fresh);
        const own = rowsIn(world.caches[cache]!, 'own');
        if (from === 'segments') {
          for (const [path, owed] of truth.archived)
            if (
              own.get(path)?.some((row) => sameBytes(row, owed)) &&
              !rows.get(path)?.some((row) => sameBytes(row, owed))
            )
              violated(
                `the rebuilt catalogue doesn't know ${path}: ${JSON.stringify([rows.get(path), owed])}`,
              );
        } else
          for (const [path, { disk }] of before.remote)
            if (!rows.get(path)?.some(({ size }) => size === disk.size))
              violated(
                `the catalogue made of the listing doesn't know ${path}: ${JSON.stringify(rows.get(path))}`,
              );
      }
      rmSync(fresh, { recursive: true });

      /** Has the server all rows? A dry pass sends none; one that removes nothing sends what it has. */
      async function sendSegments(): Promise<boolean> {
        truth.offered(cache);
        const sending = world.archive(cache, { autoRemove: 'never', catalogueSegments: true });
        const passed = await job(truth, () => sending.backup());
        await checkJob(world, truth, before, { uploads: [{ cache, unfinishedAfter: 600 }] });
        Object.assign(before, world.sight());
        return (
          passed !== undefined && !(passed.warnings ?? []).some((text) => text.includes('not on the server'))
        );
      }
    },
  }),
];
