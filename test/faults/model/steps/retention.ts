/** Online storage, whose old files may go when tape has them. */
import { mkdirSync, utimesSync, writeFileSync, rmSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { bytesOf, content } from '../content.js';
import { checkJob } from '../invariant.js';
import { job } from '../job.js';
import { cache, name, pick, picked } from '../names.js';
import { step, type AnyStep } from '../step.js';

const YEAR = 365 * 86_400;

export const retained: AnyStep[] = [
  step({
    name: 'publish',
    weight: 8,
    // Mostly what the server has too, so that it may go.
    args: fc.record({
      pick,
      name,
      content,
      asArchived: fc.constantFrom(true, true, true, false),
      old: fc.boolean(),
    }),
    run(world, _truth, { pick, name, content, asArchived, old }) {
      const found = asArchived ? picked(world.remote(), pick) : undefined;
      const path = found?.[0] ?? name;
      const held = found?.[1].offline === true ? world.sandbox.tapePath(path) : world.sandbox.diskPath(path);
      const file = join(world.online, path);
      try {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, found === undefined ? bytesOf(content) : readFileSync(held));
      } catch (error) {
        if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes(String((error as NodeJS.ErrnoException).code)))
          throw error;
        return;
      }
      const then = Math.floor(Date.now() / 1000) - (old ? 3 * YEAR : 0);
      utimesSync(file, then, then);
    },
  }),
  step({
    name: 'unpublish',
    weight: 1,
    args: fc.record({ pick }),
    run(world, _truth, { pick }) {
      const path = picked(world.looker.tree(world.online).keys(), pick);
      if (path !== undefined) rmSync(join(world.online, path));
    },
  }),
  step({
    name: 'retention',
    weight: 3,
    args: fc.record({
      cache,
      verify: fc.constantFrom('auto' as const, 'checksum' as const, 'read' as const, 'size' as const),
      dryRun: fc.constantFrom(false, false, false, true),
      confirm: fc.constantFrom(true, true, true, false),
    }),
    async run(world, truth, { cache, verify, dryRun, confirm }) {
      const before = world.sight();
      const archive = world.archive(cache, {
        verify,
        retention: { onlineDirectory: world.online, period: 'P2Y', confirmed: false },
      });
      await job(truth, () => archive.retention({ dryRun, confirm }));
      await checkJob(world, truth, before, {
        // It compares checksums, whatever the configuration says (S12).
        removals: dryRun ? [] : [{ from: 'online', cache, rule: 'retention', verify: 'auto' }],
      });
    },
  }),
];
