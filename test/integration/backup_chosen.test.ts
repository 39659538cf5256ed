/** `backup({ paths })`: a pass over chosen records, by all rules of a whole one. */
import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { captureDirectoryName, captureName } from '../../lib/cache/own_files.js';
import { ConfigError, LockedError, type Report } from '../../lib/index.js';
import { assertAddsUp, collect, counts, recordsIn, withSharedArchive } from '../support/archive.js';
import { writeRecord } from '../support/records.js';

function failuresOf({ failures }: Report): string[] {
  return failures.map(({ path, code }) => `${path} ${code}`).sort();
}

describe('a backup of chosen records', () => {
  it('copies and removes these, and looks at no other', async () => {
    await withSharedArchive(async ({ sandbox, cache, archive, events, pass }) => {
      for (const name of ['a/1', 'a/2', 'a/b/3', 'c', 'd', 'a2']) await writeRecord(cache, name, 2000);
      const it = archive({ autoRemove: 'cached' });
      const report = await it.backup({ paths: ['./a//', 'a/b', 'c', 'c'] });
      assertAddsUp(report);
      assert.deepEqual(counts(report), { scanned: 4, copied: 4, removedAfterCopy: 4 });
      assert.deepEqual([report.partial, report.notOnTape, report.lost], [true, undefined, undefined]);
      assert.deepEqual(await recordsIn(cache), ['a2', 'd']);
      assert.equal(await sandbox.stateOf('d'), undefined);
      const touched = events.flatMap((event) => ('path' in event ? [event.path] : []));
      assert.deepEqual([...new Set(touched)].sort(), ['a/1', 'a/2', 'a/b/3', 'c']);
      // Each has its row in the catalogue (S14), and the others have none yet.
      const rows = await collect(it.find());
      assert.deepEqual(rows.map(({ path }) => path).sort(), ['a/1', 'a/2', 'a/b/3', 'c']);
      const whole = await pass({ autoRemove: 'cached' });
      assert.deepEqual(counts(whole), { scanned: 2, copied: 2, removedAfterCopy: 2 });
      assert.equal(whole.partial, undefined);
    });
  });

  it('removes nothing before it is on tape, and never what differs from its copy', async () => {
    await withSharedArchive(async ({ sandbox, cache, archive }) => {
      for (const name of ['same', 'other']) await writeRecord(cache, name, 2000);
      const it = archive();
      const paths = ['same', 'other'];
      assert.deepEqual(counts(await it.backup({ paths })), { scanned: 2, copied: 2 });
      assert.deepEqual(counts(await it.backup({ paths })), { scanned: 2, kept: 2 });
      await sandbox.migrateAll();
      await writeFile(join(cache, 'other'), Buffer.alloc(2000, 7));
      const report = await it.backup({ paths });
      assert.deepEqual(counts(report), { scanned: 2, removed: 1, conflicts: 1 });
      assert.deepEqual(await recordsIn(cache), ['other']);
    });
  });

  it('tells what is not there, a link, what lies behind one, and reserved names; nothing of these is touched', async () => {
    await withSharedArchive(async ({ sandbox, cache, archive }) => {
      const outside = `${cache}-outside`;
      await writeRecord(outside, 'x', 100);
      try {
        for (const name of ['real/1', 'good', 'what?.h5']) await writeRecord(cache, name, 100);
        await symlink(join(outside, 'x'), join(cache, 'link'));
        await symlink(outside, join(cache, 'away'));
        await symlink(join(cache, 'real'), join(cache, 'inside'));
        await mkdir(join(cache, 'empty'));
        const paths = ['link', 'away/x', 'inside/1', 'gone', 'gone/too', 'good/below', 'what?.h5'];
        paths.push('.xrootd-archive.lock', 'a/.xrootd-archive.incoming.1/b', 'nul\0', 'empty');
        const report = await archive({ autoRemove: 'cached' }).backup({ paths });
        assertAddsUp(report);
        assert.deepEqual(failuresOf(report), [
          '.xrootd-archive.lock BadName',
          'a/.xrootd-archive.incoming.1/b BadName',
          'away/x OutsideCache',
          'gone NotFound',
          'good/below OutsideCache',
          'inside/1 OutsideCache',
          'link NotARecord',
          'nul\\x00 BadName',
          'what?.h5 BadName',
        ]);
        assert.equal(report.copied, 0);
        assert.deepEqual(await recordsIn(cache), ['away', 'good', 'inside', 'link', 'real/1', 'what?.h5']);
        assert.deepEqual(await recordsIn(outside), ['x']);
        assert.equal(await sandbox.stateOf('real/1'), undefined);
      } finally {
        await rm(outside, { recursive: true, force: true });
      }
    });
  });

  it('refuses paths that cannot lie in the cache, and an empty list, before anything is touched', async () => {
    await withSharedArchive(async ({ cache, archive, events }) => {
      await writeRecord(cache, 'a', 100);
      const it = archive({ autoRemove: 'cached' });
      for (const paths of [[], [''], ['a', '../a'], ['a/../../b'], [join(cache, 'a')], 'a', [1]])
        await assert.rejects(it.backup({ paths: paths as string[] }), ConfigError, JSON.stringify(paths));
      assert.deepEqual(events, []);
      assert.deepEqual(await recordsIn(cache), ['a']);
    });
  });

  it('keeps to the configuration: exclude, settling, the lock, shards; by watermarks nothing of it goes', async () => {
    await withSharedArchive(async ({ cache, archive }) => {
      for (const name of ['keep/1', 'a']) await writeRecord(cache, name, 100);
      const paths = ['keep', 'a', 'gone'];
      const fresh = await archive({ exclude: 'keep', settleSeconds: 3600 }).backup({ paths });
      assert.deepEqual(counts(fresh), { scanned: 3, kept: 2, failed: 1 });
      const marks = { highWaterPercent: 0.0002, lowWaterPercent: 0.0001 };
      const marked = await archive({ autoRemove: 'cached', ...marks }).backup({ paths: ['a'] });
      assert.deepEqual(counts(marked), { scanned: 1, copied: 1 });
      assert.deepEqual(await recordsIn(cache), ['a', 'keep/1']);
      const shards = [0, 1].map((index) => archive().backup({ paths, shard: { index, count: 2 } }));
      const reports = await Promise.all(shards);
      assert.deepEqual(reports.flatMap(failuresOf), ['gone NotFound']);
      assert.equal(reports[0]!.scanned + reports[1]!.scanned, 3);
      const locked = archive();
      const second = new Promise<unknown>((resolve) => {
        locked.on('pass:started', () => {
          resolve(
            archive()
              .backup({ paths })
              .catch((error: unknown) => error),
          );
        });
      });
      await locked.backup({ paths });
      assert.ok((await second) instanceof LockedError, String(await second));
    });
  });

  it('leaves it to a whole pass to tell, once, that the catalogue was replaced, or put aside as damaged', async () => {
    for (const damage of ['replaced', 'damaged'] as const)
      await withSharedArchive(async ({ cache, archive, pass }) => {
        for (const name of ['a', 'b']) await writeRecord(cache, name, 100);
        await pass({ autoRemove: 'never' });
        const file = join(cache, '.xrootd-archive.catalogue');
        for (const end of ['-wal', '-shm']) await rm(`${file}${end}`, { force: true });
        if (damage === 'replaced') await rm(file);
        else await writeFile(file, 'rubbish'.repeat(1000));
        const first = { replaced: 'CatalogueReplaced', damaged: 'CatalogueUnusable' }[damage];
        const chosen = async () => {
          const { failures } = await archive({ autoRemove: 'never' }).backup({ paths: ['a'] });
          return failures.map(({ code }) => code);
        };
        const codes = [await chosen(), await chosen()];
        const whole = [await pass({ autoRemove: 'never' }), await pass({ autoRemove: 'never' })];
        codes.push(...whole.map(({ failures }) => failures.map(({ code }) => code)));
        assert.deepEqual(codes, [[first], ['CatalogueReplaced'], ['CatalogueReplaced'], []], damage);
      });
  });

  it('puts back what a crash left captured, says so, and archives it when it is named once more', async () => {
    await withSharedArchive(async ({ cache, archive }) => {
      const long = `d/${'n'.repeat(240)}`;
      for (const name of ['d/short', long]) await writeRecord(cache, name, 100);
      const directory = join(cache, 'd');
      await rename(join(directory, 'short'), join(directory, captureName('short')));
      const held = join(directory, captureDirectoryName(long.slice(2)));
      await mkdir(held);
      await rename(join(cache, long), join(held, long.slice(2)));
      const it = archive({ autoRemove: 'cached' });
      const paths = ['d/short', long];
      const first = await it.backup({ paths });
      assertAddsUp(first);
      assert.deepEqual(failuresOf(first), [`${long} NotFound`, 'd/short NotFound']);
      for (const { message } of first.failures) assert.match(message, /a crash left it as \.xrootd-archive/);
      assert.deepEqual(await recordsIn(cache), [long, 'd/short']);
      const second = await it.backup({ paths });
      assert.deepEqual(counts(second), { scanned: 2, copied: 2, removedAfterCopy: 2 });
    });
  });
});
