/** The service as a process of its own: audits and drills by schedule, seen on its page and in its metrics. */
import assert from 'node:assert/strict';
import type { Status } from '../../lib/service/status_board.js';
import { RunningService } from '../support/service.js';
import { parseExposition } from '../support/prometheus.js';
import { deleteOn, nameOf, putRecords, withStory } from '../support/story.js';
import { until } from '../support/tape.js';

const SERVED = /metrics, health and status are served url=(http:\S+)/;
const eachSecond = '* * * * * *';
const count = 8;

describe('a service with audits and drills by schedule', () => {
  it('shows when each part was proven, the last drill, and what an audit found lost', async () => {
    const keys = {
      ...{
        auto_remove: 'backed_up',
        copy_cron_string: '0 0 1 1 *',
        http: { port: 0 },
        stop_grace_seconds: 0,
      },
      audit: { cron_string: eachSecond, sample_percent: 50 },
      drill: { cron_string: eachSecond, files: 2 },
    };
    await withStory(keys, async (story) => {
      const { sandbox, cache, config, job } = story;
      const names = await putRecords(cache, 0, count);
      assert.equal((await job('backup')).report.copied, count);
      await sandbox.migrateAll();
      assert.equal((await job('backup')).report.removed, count);
      await sandbox.evict(names);

      await using service = new RunningService({ cache, config });
      await service.until(({ stderr }) => SERVED.test(stderr));
      const url = SERVED.exec(service.stderr)?.[1] ?? '';
      const ask = async (path: string) => await (await fetch(url + path)).text();
      const facts = async () => (JSON.parse(await ask('/status')) as Status).catalogue?.facts;
      await until(async () => (await facts())?.audited === count && (await facts())?.drill?.outcome === 'ok');
      const page = await ask('/');
      assert.match(page, /8 of 8 records audited \(100\s+%\)/);
      assert.match(page, /Last drill: .*2 files verified, 0 failed/s);
      const metrics = parseExposition(await ask('/metrics'));
      for (const [job, kind] of [
        ['audit', 'verify'],
        ['drill', 'drill'],
      ] as const) {
        const last = metrics.value(`xrootd_archive_${job}_last_timestamp_seconds`, { kind });
        assert.ok(last !== undefined && Math.abs(last - Date.now() / 1000) < 60, job);
      }
      assert.equal(metrics.value('xrootd_archive_records_lost'), 0);

      const lost = nameOf(3);
      await deleteOn(story, lost);
      await until(async () => (await facts())?.records.lost.records === 1);
      assert.match(await ask('/'), /1 record lost/);
      await until(
        async () => parseExposition(await ask('/metrics')).value('xrootd_archive_records_lost') === 1,
      );
      service.child.kill('SIGTERM');
      assert.equal((await service.ended).code, 0);
    });
  });
});
