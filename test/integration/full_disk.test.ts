import assert from 'node:assert/strict';
import { existsSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { LOCK_NAME, MEMO_NAME } from '../../lib/cache/own_files.js';
import { CATALOGUE_NAME } from '../../lib/catalogue/place.js';
import { isReserved } from '../../lib/rules/names.js';
import { counts, withArchive } from '../support/archive.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { fillBlocks, fillInodes, withSmallDisk } from '../support/small_disk.js';

describe('a cache whose disk is full', () => {
  const names = ['a', 'b/c', 'b/d'];
  const records = (files: readonly string[]) => files.filter((name) => !isReserved(name)).sort();

  it('to the last block is emptied by one pass', async function () {
    await withSmallDisk(this, 'size=80m', async (cache) => {
      await withArchive({}, async (bench) => {
        const options = { cacheDirectory: cache, autoRemove: 'cached' } as const;
        await bench.pass(options);
        for (const name of names) await writeRecord(cache, name, 1_000_000);
        fillBlocks(cache);
        const report = await bench.pass(options);
        assert.deepEqual(counts(report), { scanned: 4, copied: 4, removedAfterCopy: 4 });
        for (const name of names)
          assert.ok(await holdsRecord(bench.sandbox.diskPath(name), name, 1_000_000), name);
        assert.deepEqual(records(readdirSync(cache)), []);
        // There is room again for what the catalogue holds in reserve.
        await bench.pass(options);
        assert.ok(existsSync(join(cache, `${CATALOGUE_NAME}.reserve-1`)));
      });
    });
  });

  it('and has no catalogue yet: all is copied, and nothing goes without its row (S14)', async function () {
    await withSmallDisk(this, 'size=4m', async (cache) => {
      await withArchive({}, async (bench) => {
        for (const name of names) await writeRecord(cache, name, 1_000_000);
        fillBlocks(cache);
        const options = { cacheDirectory: cache, autoRemove: 'cached' } as const;
        const report = await bench.pass(options);
        assert.deepEqual(counts(report), { scanned: 5, copied: 4, failed: 1 });
        assert.equal(report.failures[0]?.code, 'CatalogueUnusable');
        assert.match(report.failures[0].message, /Free some MB on its disk, or give catalogue_path another/);
        assert.deepEqual(readdirSync(cache).sort(), [LOCK_NAME, 'a', 'b', 'filler'].sort());
        const elsewhere = { ...options, cataloguePath: join(bench.cache, 'catalogue') };
        assert.deepEqual(counts(await bench.pass(elsewhere)), { scanned: 4, removed: 4 });
      });
    });
  });

  it('of inodes, with no lock file, is emptied by one pass', async function () {
    await withSmallDisk(this, 'size=80m,nr_inodes=40', async (cache) => {
      await withArchive({}, async (bench) => {
        const options = { cacheDirectory: cache, autoRemove: 'cached' } as const;
        await bench.pass(options);
        unlinkSync(join(cache, LOCK_NAME));
        fillInodes(cache);
        const files = records(readdirSync(cache)).length;
        const report = await bench.pass(options);
        assert.deepEqual(counts(report), { scanned: files, copied: files, removedAfterCopy: files });
        assert.deepEqual(records(readdirSync(cache)), []);
      });
    });
  });

  it('and stays full is only short of what the pass would remember', async function () {
    await withSmallDisk(this, 'size=1m', async (cache) => {
      await withArchive({}, async (bench) => {
        fillBlocks(cache, 'record');
        const report = await bench.pass({ cacheDirectory: cache, autoRemove: 'never', catalogue: false });
        assert.deepEqual(counts(report), { scanned: 1, copied: 1 });
        const warnings = bench.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
        assert.ok(warnings.some((text) => /what was verified is not remembered.*ENOSPC/.test(text)));
        assert.deepEqual(readdirSync(cache).sort(), [LOCK_NAME, 'record']);
        unlinkSync(join(cache, 'record'));
        await writeRecord(cache, 'other', 1000);
        await bench.pass({ cacheDirectory: cache, autoRemove: 'never', catalogue: false });
        assert.ok(existsSync(join(cache, MEMO_NAME)));
      });
    });
  });
});
