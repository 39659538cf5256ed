/** Records come back. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { checksumsOfFile } from '../../../../lib/posix/index.js';
import { bytesOf, content } from '../content.js';
import { checkJob } from '../invariant.js';
import { job } from '../job.js';
import { name } from '../names.js';
import { rowsIn, sumsOf, type Row } from '../rows.js';
import { step, type AnyStep } from '../step.js';
import { SECOND_SERVER } from '../world.js';

const into = fc.oneof(
  { weight: 5, arbitrary: fc.nat(SECOND_SERVER - 1) },
  { weight: 1, arbitrary: fc.constant(SECOND_SERVER) },
);

export const restored: AnyStep[] = [
  step({
    name: 'restore',
    weight: 3,
    args: fc.record({
      ...{ cache: fc.nat(1), into, path: fc.oneof(fc.constant('.'), name), overwrite: fc.boolean() },
      verify: fc.constantFrom('auto' as const, 'checksum' as const, 'read' as const, 'size' as const),
      evict: fc.boolean(),
      dryRun: fc.constantFrom(false, false, false, true),
    }),
    async run(world, truth, { cache, into, path, overwrite, verify, evict, dryRun }) {
      await world.restoreTo(into);
      const before = world.sight();
      const rows = rowsIn(world.caches[cache]!);
      const to = await world.restoreTo(into);
      const directory = world.restores[into]!;
      const archive = world.archive(cache, { verify });
      await job(truth, () => archive.restore([path], { to, overwrite, evict, dryRun }));
      const mayGet = async (name: string, { hash, size }: { hash: string; size: number }) => {
        const known = rows.get(name)?.filter((row) => row.size === size);
        if (known === undefined) {
          const there = before.remote.get(name);
          return there?.disk.hash === hash || there?.tape?.hash === hash;
        }
        if (verify === 'size') return known.length > 0;
        for (const row of known) if (await hasSums(join(directory, name), row)) return true;
        return false;
      };
      await checkJob(world, truth, before, dryRun ? {} : { restore: { into, overwrite, mayGet } });
    },
  }),
  step({
    name: 'clear the restore',
    weight: 2,
    args: fc.record({ into: fc.nat(SECOND_SERVER - 1) }),
    run(world, _truth, { into }) {
      rmSync(world.restores[into]!, { recursive: true });
      mkdirSync(world.restores[into]!);
    },
  }),
  step({
    name: 'change the restore',
    weight: 3,
    args: fc.record({ into: fc.nat(SECOND_SERVER - 1), name, content }),
    run(world, _truth, { into, name, content }) {
      const path = join(world.restores[into]!, name);
      try {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, bytesOf(content));
      } catch (error) {
        // A file where the directory would be, or the other way round.
        if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes(String((error as NodeJS.ErrnoException).code)))
          throw error;
      }
    },
  }),
];

/** What is known of the bytes that were archived. */
async function hasSums(path: string, row: Row): Promise<boolean> {
  for (const [type, value] of sumsOf(row)) {
    const [sum] = await checksumsOfFile(path, [type]);
    if (sum?.value !== value) return false;
  }
  return true;
}
