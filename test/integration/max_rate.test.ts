import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { counts, withSharedArchive } from '../support/archive.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

const MB = 1e6;
const rate = 3 * MB;
/** Milliseconds of which the bytes may come at once. */
const credit = 100;

describe('max_rate', () => {
  it('holds for a backup and for a restore, of large and small files', async () => {
    await withSharedArchive(async ({ cache, archive }) => {
      const records: [name: string, size: number][] = [
        ['large', 3 * MB],
        ...Array.from({ length: 300 }, (_, i): [string, number] => [`small/${i}`, 10_000]),
      ];
      const least = (records.reduce((sum, [, size]) => sum + size, 0) / rate) * 1000 - credit;
      for (const [name, size] of records) await writeRecord(cache, name, size);
      const limited = archive({ maxRate: '3MB', autoRemove: 'never' });

      const started = performance.now();
      assert.deepEqual(counts(await limited.backup()), { scanned: 301, copied: 301 });
      assert.ok(performance.now() - started >= least);

      await withTemp(async (directory) => {
        const again = performance.now();
        const report = await limited.restore(['.'], { to: join(directory, 'back') });
        assert.deepEqual(counts(report), { scanned: 301, copied: 301 });
        assert.ok(performance.now() - again >= least);
        for (const [name, size] of records)
          assert.ok(await holdsRecord(join(directory, 'back', name), name, size), name);
      });
    });
  });

  it('an abort in the midst of it ends the pass at once, and leaves nothing on the server', async () => {
    await withSharedArchive(async ({ cache, sandbox, archive }) => {
      await writeRecord(cache, 'large', 30 * MB);
      const limited = archive({ maxRate: 1e5, autoRemove: 'never' });
      const stop = new AbortController();
      let stopped = Infinity;
      limited.on('file:progress', () => {
        stopped = Math.min(stopped, performance.now());
        stop.abort();
      });
      const report = await limited.backup({ signal: stop.signal });
      assert.ok(performance.now() - stopped < 5000);
      assert.deepEqual([report.interrupted, report.copied], [true, 0]);
      assert.ok(!existsSync(sandbox.diskPath('large')));
    });
  });
});
