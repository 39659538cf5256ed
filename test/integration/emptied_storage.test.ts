/** A server's disk that isn't mounted: the server answers, takes copies, and shows nothing of what it had. */
import assert from 'node:assert/strict';
import { mkdir, rename, rm, chmod } from 'node:fs/promises';
import { EMPTIED } from '../../lib/jobs/record/record_book.js';
import { counts, recordsIn, withArchive, type OwnBench } from '../support/archive.js';
import { writeRecord } from '../support/records.js';
import { many } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const archived = many(12);

/** All but the local files: the server has them. */
async function archiveThem({ cache, pass }: OwnBench): Promise<void> {
  for (const [name, size] of archived) await writeRecord(cache, name, size);
  assert.equal((await pass({ autoRemove: 'cached' })).removedAfterCopy, archived.length);
}

/** Runs while the base is an empty directory, and puts back what it had. */
async function unmounted({ sandbox }: OwnBench, base: 'empty' | 'missing', task: () => Promise<void>) {
  const place = sandbox.diskPath('').replace(/\/$/, '');
  await rename(place, `${place}.disk`);
  if (base === 'empty') {
    await mkdir(place);
    await chmod(place, 0o777);
  }
  await task();
  await rm(place, { recursive: true, force: true });
  await rename(`${place}.disk`, place);
}

describe('a server whose storage is not mounted', () => {
  for (const base of ['empty', 'missing'] as const)
    it(`and whose base is ${base}: copies go on, nothing is removed, and the failure says why; later all goes on`, async () => {
      await withArchive({ migrationDelay: 'never' }, async (bench) => {
        await archiveThem(bench);
        await writeRecord(bench.cache, 'new', 700);
        await unmounted(bench, base, async () => {
          // In the second pass the base has what the first one copied.
          for (const round of [1, 2]) {
            const { failures, keptReasons, removedAfterCopy, removed, copied } = await bench.pass({
              autoRemove: 'cached',
            });
            assert.deepEqual(await recordsIn(bench.cache), ['new']);
            assert.deepEqual([copied, removedAfterCopy, removed], [round === 1 ? 1 : 0, 0, 0]);
            assert.deepEqual(
              failures.map(({ code }) => code),
              ['StorageEmptied'],
            );
            assert.match(
              failures[0]?.message ?? '',
              /none of 12 records that have left the cache is on the server/,
            );
            if (round === 2) assert.deepEqual(keptReasons, { [EMPTIED]: 1 });
          }
        });
        const report = await bench.pass({ autoRemove: 'cached' });
        assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
        assert.deepEqual(await recordsIn(bench.cache), []);
      });
    });

  it('an audit notes all that it lacks as lost, and still nothing is removed, until it is forgotten or there again', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await archiveThem(bench);
      await writeRecord(bench.cache, 'new', 700);
      await unmounted(bench, 'empty', async () => {
        await bench.pass({ autoRemove: 'cached' });
        const audit = await bench.archive().verify([], { against: { catalogue: true } });
        assert.equal(audit.failed, archived.length);
        const { removed, failures } = await bench.pass({ autoRemove: 'cached' });
        assert.deepEqual([removed, await recordsIn(bench.cache)], [0, ['new']]);
        assert.ok(failures.some(({ code }) => code === 'StorageEmptied'));
      });
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
      // Now they are lost indeed.
      for (const [name] of archived) await rm(bench.sandbox.diskPath(name));
      await rm(bench.sandbox.diskPath('new'));
      await bench.archive().verify([], { against: { catalogue: true } });
      await writeRecord(bench.cache, 'newer', 700);
      assert.equal((await bench.pass({ autoRemove: 'cached' })).removedAfterCopy, 0);
      const names = [...archived.map(([name]) => name), 'new'];
      await bench.archive().catalogue.forget(names, { reason: 'the disk is gone' });
      assert.equal((await bench.pass({ autoRemove: 'cached' })).removed, 1);
    });
  });

  it('other shards than those that archived the records know it as well', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await archiveThem(bench);
      await writeRecord(bench.cache, 'new', 700);
      await writeRecord(bench.cache, 'new2', 700);
      await unmounted(bench, 'empty', async () => {
        for (const index of [0, 1]) {
          const archive = bench.archive({ autoRemove: 'cached' });
          const { failures } = await archive.backup({ shard: { index, count: 2 } });
          assert.deepEqual(
            failures.map(({ code }) => code),
            ['StorageEmptied'],
          );
        }
        assert.deepEqual(await recordsIn(bench.cache), ['new', 'new2']);
      });
    });
  });

  it('the catalogue’s segments wait as well: there they would be out of sight, and count as sent', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      const options = { autoRemove: 'backed_up', catalogueSegments: true } as const;
      await archiveThem(bench);
      await bench.pass(options);
      await writeRecord(bench.cache, 'new', 700);
      await withTemp(async (onlineDirectory) => {
        await unmounted(bench, 'empty', async () => {
          assert.equal((await bench.pass(options)).copied, 1);
          const retention = { onlineDirectory, period: 'P1Y', confirmed: true };
          const { failures } = await bench.archive({ ...options, retention }).retention();
          assert.deepEqual(
            failures.map(({ code }) => code),
            ['StorageEmptied'],
          );
        });
      });
      assert.equal((await bench.pass(options)).copied, 1);
      await withTemp(async (cacheDirectory) => {
        const report = await bench.archive({ ...options, cacheDirectory }).rebuild({ from: 'segments' });
        assert.deepEqual(report.failures, []);
      });
    });
  });
});
