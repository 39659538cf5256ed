/** Names of 254 bytes are the longest that a server's listing shows whole (XrdOfs.hh, `dname`); disks take 255. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../lib/index.js';
import { resolveOptions } from '../../lib/config/index.js';
import { openStore } from '../../lib/remote/open_store.js';
import { collect, counts, recordsIn, withArchive } from '../support/archive.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { withServed } from '../support/served.js';
import { withTemp } from '../support/temporary.js';

const longest = 'n'.repeat(254);
const longer = `${longest}x`;
const told = ({ failures }: Report) => failures.map(({ code, path }) => `${code} ${path}`).sort();

describe('names that are as long as listings show', () => {
  it('254 bytes are archived, listed whole and restored; 255 are told and kept', async () => {
    const [good, bad] = [
      [longest, `${longest}/${longest}`, '束'.repeat(84)],
      [longer, `${longer}/in`, '束'.repeat(85)],
    ];
    const names = [...good.slice(1), ...bad.slice(1)].map((name) => `d/${name}`).concat(longest, longer);
    await withArchive({}, async (bench) => {
      for (const name of names) await writeRecord(bench.cache, name, 1000);
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(counts(report), { scanned: 6, copied: 3, removedAfterCopy: 3, failed: 3 });
      assert.ok(report.failures.every(({ code }) => code === 'BadName'));
      assert.match(report.failures[0]?.message ?? '', /longer than 254 bytes/);
      assert.deepEqual(
        await recordsIn(bench.cache),
        [longer, `d/${longer}/in`, `d/${'束'.repeat(85)}`].sort(),
      );
      await withTemp(async (to) => {
        assert.deepEqual(counts(await bench.archive().restore(['.'], { to })), { scanned: 3, copied: 3 });
        assert.deepEqual(
          await recordsIn(to),
          [longest, `d/${longest}/${longest}`, `d/${'束'.repeat(84)}`].sort(),
        );
        for (const name of await recordsIn(to)) assert.ok(await holdsRecord(join(to, name), name, 1000));
      });
    });
  });

  it('a longer one that others put there is told, and comes by its whole name', async () => {
    await withServed([longer, 'a'], async (_, archive, to) => {
      const report = await archive.restore(['.'], { to });
      assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1 });
      assert.deepEqual(told(report), [`NotFound ${longest}`]);
      assert.match(report.failures[0]?.message ?? '', /listings cut names to 254 bytes/);
      assert.deepEqual(counts(await archive.restore([longer], { to })), { scanned: 1, copied: 1 });
      assert.equal(await readFile(join(to, longer), 'utf8'), `bytes of ${longer}`);
    });
  });

  it('so it is where only its whole name was meant', async () => {
    const name = `${'n'.repeat(252)}.h5`;
    await withServed([name, 'a.h5', longest], async (_, archive, to) => {
      const report = await archive.restore(['*.h5'], { to });
      assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1 });
      assert.deepEqual(told(report), [`NotFound ${name.slice(0, 254)}`]);
      assert.deepEqual(await recordsIn(to), ['a.h5']);
    });
  });

  it('so is one whose last letter the listing cuts in two', async () => {
    await withServed(['束'.repeat(85), 'a'], async (_, archive, to) => {
      const report = await archive.restore(['.'], { to });
      assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1 });
      assert.equal(report.failures[0]?.code, 'BadName');
    });
  });

  it('so are files and directories beside the one of the name that the listing gives them', async () => {
    await withServed(
      [longest, longer, `${longest}y`, `d/${longest}/1`, `d/${longer}/2`, `e/${longest}/1`, `e/${longer}`],
      async (_, archive, to) => {
        const report = await archive.restore(['.'], { to });
        const copied = [longest, `d/${longest}/1`, `e/${longest}/1`].sort();
        assert.deepEqual(await recordsIn(to), copied);
        for (const name of copied) assert.equal(await readFile(join(to, name), 'utf8'), `bytes of ${name}`);
        assert.deepEqual(
          told(report),
          [`d/${longest}`, `e/${longest}`, longest, longest].map((path) => `BadName ${path}`),
        );
        assert.match(report.failures[0]?.message ?? '', /lists this name twice/);
      },
    );
  });

  it('a listing tells nothing of them to those who look many names up', async () => {
    await withServed([longest, longer, 'a'], async (server) => {
      const store = openStore(resolveOptions({ targetUrl: server.urlOf('/archive') }));
      assert.deepEqual([...((await store.listStats('', 100))?.keys() ?? [])], ['a']);
      assert.equal((await collect(store.list(''))).length, 3);
    });
  });
});
