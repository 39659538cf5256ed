/** Audits and drills by the schedule of the service. */
import assert from 'node:assert/strict';
import { ConfigError, type Archive, type ArchiveOptions, type Report } from '../../lib/index.js';
import { Leadership } from '../../lib/service/leadership.js';
import { scheduledJobs } from '../../lib/service/scheduled_jobs.js';
import { resolveOptions } from '../../lib/config/index.js';
import type { Status } from '../../lib/service/status_board.js';
import { keepingLogger, type Bench } from '../support/archive.js';
import { many, quick, withOffline } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const never = '0 0 1 1 *';
const eachSecond = '* * * * * *';

/** A service with its page on any free port. */
async function withService(
  bench: Bench,
  options: Partial<ArchiveOptions>,
  use: (service: Archive, status: () => Promise<Status>, page: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const service = bench.archive({ ...quick, copyCronString: never, http: { port: 0 }, ...options });
  await service.start();
  const served = () => bench.lines.findLast(({ fields }) => 'url' in fields)?.fields['url'] as string;
  try {
    await use(
      service,
      async () => (await (await fetch(`${served()}/status`)).json()) as Status,
      async () => await (await fetch(served())).text(),
    );
  } finally {
    await service.stop({ graceSeconds: 0 });
  }
}

const finishedOf = (service: Archive, job: Report['job']) =>
  new Promise<Report>((resolve) =>
    service.on('pass:finished', ({ report }) => {
      if (report.job === job) resolve(report);
    }),
  );

describe('drills by the schedule of the service', () => {
  it('read files back from tape, and are seen on the page', async () => {
    await withOffline({}, many(6), async (bench) => {
      const drill = { cronString: eachSecond, files: 2 };
      await withService(bench, { drill }, async (service, status, page) => {
        const { verified, failures } = await finishedOf(service, 'drill');
        assert.deepEqual([verified, failures], [2, []]);
        const [pass] = (await status()).passes;
        assert.deepEqual([pass?.job, pass?.outcome], ['drill', 'ok']);
        assert.match(await page(), /<td>drill<\/td>/);
      });
    });
  });

  it('hold up no backup while they wait for tape', async () => {
    await withOffline({ stageDelay: 3600 }, many(3), async (bench) => {
      const drill = { cronString: eachSecond, files: 1 };
      const options = { drill, copyCronString: eachSecond, stageDeadlineSeconds: 3600 };
      await withService(bench, options, async (service, status) => {
        await new Promise((resolve) => service.on('stage:requested', resolve));
        const before = await finishedOf(service, 'backup');
        const after = await finishedOf(service, 'backup');
        assert.ok(after.startedAt > before.startedAt);
        const { running } = await status();
        assert.ok(running.some(({ job }) => job === 'drill'));
      });
    });
  });
});

describe('leadership', () => {
  it('is one for both lanes, that may ask at once', async () => {
    await withTemp(async (cache) => {
      const { logger, lines } = keepingLogger();
      const leadership = new Leadership(logger);
      const asked = await Promise.all([leadership.leads(cache), leadership.leads(cache)]);
      await leadership.release();
      assert.deepEqual([asked, lines], [[true, true], []]);
    });
  });
});

describe('the schedules of audits and drills', () => {
  const minimal = { cacheDirectory: '/c', targetUrl: 'root://h//b', copyCronString: '0 3 * * *' };
  const both = { audit: { cronString: '0 5 * * *' }, drill: { cronString: '0 6 * * 0' } };

  it('are asked for by their blocks', () => {
    const jobs = (more: object) =>
      scheduledJobs(resolveOptions({ ...minimal, ...more })).map(({ job }) => job);
    assert.deepEqual(jobs({}), ['backup']);
    assert.deepEqual(jobs(both), ['backup', 'verify', 'drill']);
  });

  it('can be changed while the service runs', async () => {
    await withOffline({}, many(2), async (bench) => {
      const options = { drill: { cronString: never, files: 1 } };
      await withService(bench, options, async (service) => {
        const finished = finishedOf(service, 'drill');
        service.reconfigure({ ...service.config, drill: { cronString: eachSecond, files: 1 } });
        assert.equal((await finished).verified, 1);
        assert.throws(
          () => service.reconfigure({ ...service.config, catalogue: false, ...both }),
          ConfigError,
        );
      });
    });
  });
});
