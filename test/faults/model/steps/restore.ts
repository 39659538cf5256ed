/** Records come back. */
import { readFileSync, rmSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { checksumsOfFile, type ChecksumType } from '../../../../lib/posix/index.js';
import { checkJob } from '../invariant.js';
import { job } from '../job.js';
import { name, pick } from '../names.js';
import { rowsIn, sumsOf } from '../rows.js';
import { step, type AnyStep } from '../step.js';
import { RESTORES } from '../world.js';
import { violated } from '../violation.js';

const into = fc.nat(RESTORES - 1);

export const restored: AnyStep[] = [
  step({
    name: 'restore',
    weight: 5,
    args: fc.record({
      ...{ cache: fc.nat(1), into, path: fc.oneof(fc.constant('.'), name), overwrite: fc.boolean() },
      verify: fc.constantFrom('auto' as const, 'checksum' as const, 'read' as const, 'size' as const),
      evict: fc.boolean(),
      dryRun: fc.constantFrom(false, false, false, true),
    }),
    async run(world, truth, { cache, into, path, overwrite, verify, evict, dryRun }) {
      const before = world.sight();
      const rows = rowsIn(world.caches[cache]!);
      const to = world.restores[into]!;
      const archive = world.archive(cache, { verify });
      await job(truth, () => archive.restore([path], { to, overwrite, evict, dryRun }));
      const wrong: Promise<void>[] = [];
      const mayGet = (name: string, { hash, size }: { hash: string; size: number }) => {
        const row = rows.get(name);
        if (row === undefined) {
          const there = before.remote.get(name);
          return there?.disk.hash === hash || there?.tape?.hash === hash;
        }
        if (row.size !== size) return false;
        // What is known of the bytes that were archived.
        if (verify !== 'size')
          for (const [type, value] of sumsOf(row))
            wrong.push(
              checksumsOfFile(join(to, name), [type as ChecksumType]).then(([sum]) => {
                if (sum?.value !== value)
                  violated(
                    `a restore gave ${name} bytes of ${type} ${String(sum?.value)} instead of ${value}`,
                  );
              }),
            );
        return true;
      };
      await checkJob(world, truth, before, dryRun ? {} : { restore: { into, overwrite, mayGet } });
      await Promise.all(wrong);
    },
  }),
  step({
    name: 'clear the restore',
    weight: 2,
    args: fc.record({ into }),
    run(world, _truth, { into }) {
      rmSync(world.restores[into]!, { recursive: true });
      mkdirSync(world.restores[into]!);
    },
  }),
];
void [pick, readFileSync];
