/** What counts as a pass over the whole archive, for hooks and metrics. */
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archive, DrillOptions, Report, VerifyOptions } from '../../lib/index.js';
import { withSharedArchive } from '../support/archive.js';
import { writeRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

/** Makes a pass, and tells whether it has left metrics for node_exporter. */
async function counts(directory: string, archive: Archive, pass: Promise<unknown>): Promise<boolean> {
  await pass.catch(() => undefined);
  await archive.settled();
  const found = await readdir(directory);
  for (const name of found) await rm(join(directory, name));
  return found.length > 0;
}

describe('a pass counts', () => {
  it('if it is over the whole archive; one over chosen records, or of another tree, is partial', async () => {
    await withTemp(async (directory) => {
      await withSharedArchive(async ({ cache, archive }) => {
        await writeRecord(cache, 'r', 100);
        const it = archive({ metricsTextfile: join(directory, 'm.prom') });
        const told = async (report: Promise<Report>) => [
          await counts(directory, it, report),
          (await report).partial,
        ];
        assert.deepEqual(await told(it.backup()), [true, undefined]);
        const catalogue = { catalogue: true } as const;
        const verifies: [whole: boolean, paths: string[], options?: VerifyOptions][] = [
          [true, []],
          [true, ['.']],
          [true, [], { sample: 100 }],
          [true, [], { shard: { index: 0, count: 2 } }],
          [true, [], { against: catalogue }],
          [true, [], { against: { ...catalogue, samplePercent: 50 } }],
          [false, ['r']],
          [false, ['r'], { against: catalogue }],
          [false, [], { list: ['r'] }],
          [true, [], { sample: 50 }],
          [true, [], { against: catalogue, sample: 50 }],
          [false, [], { against: { directory: cache } }],
          [false, [], { against: { checksums: [] } }],
        ];
        for (const [whole, paths, options] of verifies)
          assert.deepEqual(
            await told(it.verify(paths, options)),
            whole ? [true, undefined] : [false, true],
            `verify ${JSON.stringify([paths, options])}`,
          );
        const drills: [whole: boolean, paths: string[], options?: DrillOptions][] = [
          [true, [], { files: 1, seed: 'x' }],
          [true, ['./'], { bytes: 1 }],
          [false, ['r']],
          [false, [], { list: ['r'] }],
          [true, [], { since: new Date(0) }],
          [true, [], { until: new Date() }],
        ];
        for (const [whole, paths, options] of drills)
          assert.deepEqual(
            await told(it.drill(paths, options)),
            whole ? [true, undefined] : [false, true],
            `drill ${JSON.stringify([paths, options])}`,
          );
      });
    });
  });

  it('for its shard, also if it could not begin', async () => {
    await withTemp(async (directory) => {
      await withSharedArchive(async ({ cache, archive }) => {
        await writeRecord(cache, 'r', 100);
        const metricsTextfile = join(directory, 'm.prom');
        const [it, unmounted] = [{}, { cacheMountPoint: cache }].map((more) =>
          archive({ metricsTextfile, ...more }),
        ) as [Archive, Archive];
        const count = 2;
        const reports = [
          await it.backup({ shard: { index: 0, count } }),
          await it.verify([], { shard: { index: 1, count } }),
          await it.verify([], { shard: { index: 0, count }, against: { catalogue: true } }),
        ];
        assert.deepEqual(
          reports.map(({ shard }) => shard?.index),
          [0, 1, 0],
        );
        await assert.rejects(unmounted.backup({ shard: { index: 1, count } }));
        const wrong = '/../../x' as unknown as number;
        await assert.rejects(unmounted.verify([], { shard: { index: wrong, count } }));
        await Promise.all([it.settled(), unmounted.settled()]);
        assert.deepEqual((await readdir(directory)).sort(), [
          'm-backup.0-of-2.prom',
          'm-backup.1-of-2.prom',
          'm-verify.0-of-2.prom',
          'm-verify.1-of-2.prom',
          'm-verify.prom',
        ]);
      });
    });
  });

  it('by the same rule if it could not begin', async () => {
    await withTemp(async (directory) => {
      await withSharedArchive(async ({ cache, archive }) => {
        await writeRecord(cache, 'r', 100);
        const it = archive({ metricsTextfile: join(directory, 'm.prom'), cacheMountPoint: cache });
        const scratch = '/nonexistent/scratch';
        const passes: [whole: boolean, pass: () => Promise<unknown>][] = [
          [true, () => it.backup()],
          [false, () => it.backup({ paths: ['r'] })],
          [true, () => it.verify()],
          [false, () => it.verify(['r'])],
          [true, () => it.verify([], { sample: 50 })],
          [false, () => it.verify([], { against: { directory: '/nonexistent/tree' } })],
          [true, () => it.drill([], { scratch })],
          [false, () => it.drill(['r'], { scratch })],
        ];
        for (const [whole, pass] of passes) {
          const begun = pass();
          await assert.rejects(begun, String(pass));
          assert.equal(await counts(directory, it, begun), whole, String(pass));
        }
      });
    });
  });
});
