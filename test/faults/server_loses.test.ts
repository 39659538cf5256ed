/** A server that takes a file, says that it is there, and has lost it a moment later: whenever that is, the record isn't lost. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { counts, recordsIn, withSharedArchive, type Bench } from '../support/archive.js';
import { passUnder, whenCaptured, type Circumstances } from '../support/passes.js';
import { holdsRecord, writeRecord } from '../support/records.js';

const size = 5000;

type Moment = (bench: Bench) => Circumstances;

const lost = (bench: Bench) => rm(bench.sandbox.diskPath('r'), { force: true });

const moments: Record<string, Moment> = {
  'right after the copy': (bench) => ({
    around: (store) => ({
      upload: async (...args) => {
        const done = await store.upload(...args);
        await lost(bench);
        return done;
      },
    }),
  }),
  'after it was compared': (bench) => ({
    around: (store) => ({
      readChecksum: async (...args) => {
        const done = await store.readChecksum(...args);
        await lost(bench);
        return done;
      },
    }),
  }),
  'before the last look': (bench) => ({ around: whenCaptured(() => lost(bench), 'each time') }),
};

describe('a server that has lost a file a moment after it took it', () => {
  for (const [when, moment] of Object.entries(moments))
    it(`${when}: the record stays, it is told, and the next pass copies it again`, async () => {
      await withSharedArchive(async (bench) => {
        await writeRecord(bench.cache, 'r', size);
        const { report } = await passUnder(bench, { autoRemove: 'cached' }, moment(bench));
        assert.equal(report.removed + report.removedAfterCopy, 0);
        assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
        assert.match(report.failures[0]?.message ?? '', /server/);
        assert.ok(await holdsRecord(path.join(bench.cache, 'r'), 'r', size));
        assert.equal((await bench.pass({ autoRemove: 'cached' })).removedAfterCopy, 1);
        assert.ok(await holdsRecord(bench.sandbox.diskPath('r'), 'r', size));
      });
    });

  it('between passes, before it was on tape: it is copied again', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', size);
      assert.equal((await bench.pass()).copied, 1);
      await lost(bench);
      assert.deepEqual(counts(await bench.pass()), { scanned: 1, copied: 1 });
      await bench.sandbox.migrateAll();
      assert.deepEqual(counts(await bench.pass()), { scanned: 1, removed: 1 });
      assert.deepEqual(await recordsIn(bench.cache), []);
      assert.ok(await holdsRecord(bench.sandbox.diskPath('r'), 'r', size));
    });
  });

  it('after the record has gone under auto_remove: cached: the next pass says that it is lost', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', size);
      assert.equal((await bench.pass({ autoRemove: 'cached' })).removedAfterCopy, 1);
      await lost(bench);
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(
        report.failures.map(({ path, code }) => `${code} ${path}`),
        ['LostCopy r'],
      );
    });
  });
});
