/** A cache whose disk isn't mounted is an empty directory. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type Report } from '../../lib/index.js';
import type { MountTables } from '../../lib/config/mounts.js';
import { summary } from '../../lib/cli/summary.js';
import { backup } from '../../lib/jobs/backup/backup.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { openStore } from '../../lib/remote/open_store.js';
import { keepingLogger, withArchive, type Bench } from '../support/archive.js';
import { withSmallDisk } from '../support/small_disk.js';

const onRoot = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw';

async function pass(bench: Bench, tables?: MountTables): Promise<{ report: Report; warned: string[] }> {
  const { config } = bench.archive({ autoRemove: 'cached', verify: 'size' });
  const { logger, lines } = keepingLogger();
  const events = new EventBus(logger);
  const mounts = tables && (() => Promise.resolve(tables));
  const dependencies = { config, logger, events, open: () => openStore(config), ...(mounts && { mounts }) };
  const report = await backup(dependencies);
  const warned = lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  return { report, warned };
}

describe('a cache that may not be on its disk', () => {
  it('is warned of in each pass while it is empty, until one has found a record', async () => {
    await withArchive({}, async (bench) => {
      for (let count = 0; count < 2; count += 1) {
        const { report, warned } = await pass(bench);
        assert.equal(report.scanned, 0);
        assert.match(warned[0] ?? '', /is empty, and no pass has found a record in it yet/);
        assert.deepEqual(report.warnings, [warned[0]]);
        assert.match(summary(report).join('\n'), /Warnings:\n {2}the cache .* is empty/);
      }
      await writeFile(join(bench.cache, 'r'), 'x');
      assert.equal((await pass(bench)).report.removedAfterCopy, 1);
      const { report, warned } = await pass(bench);
      assert.deepEqual([report.warnings, warned], [undefined, []], 'empty, and known');
    });
  });

  it('is warned of though it isn’t empty, if fstab has a disk for it', async () => {
    await withArchive({}, async (bench) => {
      await writeFile(join(bench.cache, 'r'), 'x');
      const fstab = `UUID=1 ${bench.cache} xfs defaults 0 2\n`;
      const { report, warned } = await pass(bench, { fstab, mounted: onRoot });
      assert.match(warned[0] ?? '', /is not on its disk: \/etc\/fstab has one for .*, and it is not mounted/);
      assert.deepEqual(report.warnings, [warned[0]]);
      assert.equal(report.copied, 1);
      const mounted = `${onRoot}\n40 22 8:17 / ${bench.cache} rw - xfs /dev/sdb1 rw`;
      assert.equal((await pass(bench, { fstab, mounted })).report.warnings, undefined);
    });
  });

  it('is refused with cache_mount_point, before anything is touched', async function () {
    await withSmallDisk(this, 'size=1m', async (disk) => {
      await withArchive({}, async (bench) => {
        const cache = join(disk, 'cache');
        await mkdir(cache);
        await bench.pass({ cacheDirectory: cache, cacheMountPoint: disk });
        const wrong: [options: { cacheDirectory: string; cacheMountPoint: string }, told: RegExp][] = [
          [{ cacheDirectory: cache, cacheMountPoint: cache }, /^cacheMountPoint: nothing is mounted at /],
          [
            { cacheDirectory: bench.cache, cacheMountPoint: disk },
            /is neither the cache directory .* nor above/,
          ],
          [{ cacheDirectory: cache, cacheMountPoint: join(disk, 'gone') }, /does not exist/],
        ];
        await rm(cache, { recursive: true });
        await mkdir(cache);
        for (const [options, told] of wrong)
          for (const use of [
            () => bench.archive(options).backup(),
            () => bench.archive(options).status().next(),
            () => bench.archive(options).verify(),
            () => bench.archive({ ...options, copyCronString: '0 3 * * *' }).start(),
          ])
            await assert.rejects(use(), (error: unknown) => {
              assert.ok(error instanceof ConfigError);
              assert.match(error.message, told);
              return true;
            });
      });
    });
  });
});
