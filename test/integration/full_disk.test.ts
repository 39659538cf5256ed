import assert from 'node:assert/strict';
import { existsSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { LOCK_NAME, MEMO_NAME } from '../../lib/cache/own_files.js';
import { counts, withArchive } from '../support/archive.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { fillBlocks, fillInodes, withSmallDisk } from '../support/small_disk.js';

describe('a cache whose disk is full', () => {
  it('to the last block is emptied by one pass, also by the first', async function () {
    await withSmallDisk(this, 'size=4m', async (cache) => {
      await withArchive({}, async (bench) => {
        const names = ['a', 'b/c', 'b/d'];
        for (const name of names) await writeRecord(cache, name, 1_000_000);
        fillBlocks(cache);
        const report = await bench.pass({ cacheDirectory: cache, autoRemove: 'cached' });
        assert.deepEqual(counts(report), { scanned: 4, copied: 4, removedAfterCopy: 4 });
        for (const name of names)
          assert.ok(await holdsRecord(bench.sandbox.diskPath(name), name, 1_000_000), name);
        assert.deepEqual(readdirSync(cache).sort(), [LOCK_NAME, MEMO_NAME]);
      });
    });
  });

  it('of inodes, with no lock file yet, is emptied by one pass', async function () {
    await withSmallDisk(this, 'size=4m,nr_inodes=40', async (cache) => {
      await withArchive({}, async (bench) => {
        fillInodes(cache);
        const files = readdirSync(cache).length;
        const report = await bench.pass({ cacheDirectory: cache, autoRemove: 'cached' });
        assert.deepEqual(counts(report), { scanned: files, copied: files, removedAfterCopy: files });
        assert.deepEqual(readdirSync(cache), [MEMO_NAME]);
      });
    });
  });

  it('and stays full is only short of what the pass would remember', async function () {
    await withSmallDisk(this, 'size=1m', async (cache) => {
      await withArchive({}, async (bench) => {
        fillBlocks(cache, 'record');
        const report = await bench.pass({ cacheDirectory: cache, autoRemove: 'never' });
        assert.deepEqual(counts(report), { scanned: 1, copied: 1 });
        const warnings = bench.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
        assert.ok(warnings.some((text) => /what was verified is not remembered.*ENOSPC/.test(text)));
        assert.deepEqual(readdirSync(cache).sort(), [LOCK_NAME, 'record']);
        unlinkSync(join(cache, 'record'));
        await writeRecord(cache, 'other', 1000);
        await bench.pass({ cacheDirectory: cache, autoRemove: 'never' });
        assert.ok(existsSync(join(cache, MEMO_NAME)));
      });
    });
  });
});
