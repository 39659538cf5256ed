/** Retention by the service's schedule. */
import assert from 'node:assert/strict';
import type { Archive, ArchiveOptions, Report } from '../../lib/index.js';
import { recordsIn, withSharedArchive } from '../support/archive.js';
import { archived, setAge } from '../support/retention.js';

describe('retention by the schedule of the service', () => {
  it('only reports until it is confirmed; then files go that are on tape', async () => {
    await withSharedArchive(async (bench) => {
      const { cache, archive } = bench;
      await archived(bench, [['old', 100]]);
      await setAge(bench, 'old', Date.parse('2020-01-01') / 1000);
      const retention = { onlineDirectory: cache, period: 'P1Y', cronString: '* * * * * *' };
      const options: ArchiveOptions = {
        ...{ cacheDirectory: cache, targetUrl: bench.sandbox.url, settleSeconds: 0, retryDelaySeconds: 0 },
        ...{ copyCronString: '0 0 1 1 *', retention },
      };
      const service = archive(options);
      const first = nextRetention(service);
      await service.start();
      try {
        const told = await first;
        assert.deepEqual([told.unconfirmed, told.dryRun, told.removed], [true, true, 1]);
        assert.deepEqual(await recordsIn(cache), ['old']);

        const second = nextRetention(service, ({ unconfirmed }) => unconfirmed === undefined);
        service.reconfigure({ ...options, retention: { ...retention, confirmed: true } });
        const { dryRun, removed } = await second;
        assert.deepEqual([dryRun, removed], [false, 1]);
        assert.deepEqual(await recordsIn(cache), []);
      } finally {
        await service.stop();
      }
    });
  });
});

function nextRetention(service: Archive, wished: (report: Report) => boolean = () => true): Promise<Report> {
  return new Promise((resolve) => {
    const off = service.on('pass:finished', ({ report }) => {
      if (report.job !== 'retention' || !wished(report)) return;
      off();
      resolve(report);
    });
  });
}
