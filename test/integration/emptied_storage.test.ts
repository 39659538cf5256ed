/** A server's disk that isn't mounted: the server answers, takes copies, and shows nothing of what it had. */
import assert from 'node:assert/strict';
import { mkdir, rename, rm, chmod } from 'node:fs/promises';
import { EMPTIED } from '../../lib/jobs/record/record_book.js';
import { counts, recordsIn, withArchive, type OwnBench } from '../support/archive.js';
import { writeRecord } from '../support/records.js';
import { many } from '../support/tape.js';

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
});
