import assert from 'node:assert/strict';
import type { JobEvent, JobEventOf } from '../../lib/jobs/events/events.js';
import { Metrics } from '../../lib/service/metrics.js';
import { parseExposition } from '../support/prometheus.js';
import { disk, failure, finished, started } from '../support/reports.js';

const config = { cacheDirectory: '/data/"cache"', warningMarkPercent: 80 };
const progress: JobEventOf<'progress'> = {
  ...{
    type: 'progress',
    job: 'backup',
    filesDone: 1,
    filesKnown: 9,
    bytesDone: 1,
    bytesKnown: 9,
    walkDone: true,
  },
  ...{ rate: 1, etaSeconds: 8, copying: 4, inFlight: [] },
};
const retry: JobEvent = {
  ...{ type: 'file:retry', path: 'a', code: 'Overloaded', message: 'no', attempt: 1, retriesLeft: 1 },
};
const files: JobEvent[] = [
  { type: 'file:copied', path: 'a', size: 100, seconds: 1 },
  { type: 'file:copied', path: 'b', size: 11, seconds: 1 },
  { type: 'file:removed', path: 'a', size: 100, reason: 'r' },
  { type: 'file:kept', path: 'b', reason: 'r' },
  { type: 'file:failed', path: 'c', code: 'NotFound', message: 'm', conflict: false },
  { type: 'file:failed', path: 'd', code: 'Conflict', message: 'm', conflict: true },
  retry,
];

async function after(events: JobEvent[], now?: () => number) {
  const metrics = new Metrics(() => config, now);
  for (const event of events) metrics.hear(event);
  return parseExposition(await metrics.text());
}

describe('the metrics', () => {
  it('count files and bytes by result while a pass runs, errors by code, and retries', async () => {
    const { value } = await after([started(), ...files]);
    const count = (result: string) => value('xrootd_archive_files_total', { result });
    const bytes = (result: string) => value('xrootd_archive_bytes_total', { result });
    assert.deepEqual(['copied', 'removed', 'kept', 'failed', 'conflict'].map(count), [2, 1, 1, 1, 1]);
    assert.deepEqual(['copied', 'removed', 'kept'].map(bytes), [111, 100, undefined]);
    const error = (code: string) => value('xrootd_archive_errors_total', { code });
    assert.deepEqual(['NotFound', 'Conflict', 'Overloaded'].map(error), [1, 1, 1]);
    assert.equal(value('xrootd_archive_retries_total'), 1);
  });

  it('tell what runs, and no more once it is over', async () => {
    const during = await after([started(), progress]);
    assert.equal(during.value('xrootd_archive_pass_running', { kind: 'backup' }), 1);
    assert.equal(during.value('xrootd_archive_copies_in_flight'), 4);
    const over = await after([started(), progress, finished()]);
    assert.equal(over.value('xrootd_archive_pass_running', { kind: 'backup' }), 0);
    assert.equal(over.value('xrootd_archive_copies_in_flight'), 0);
  });

  it('add up what two passes at once copy, and one that ends leaves the other', async () => {
    const copies = async (...events: JobEvent[]) =>
      (await after(events)).value('xrootd_archive_copies_in_flight');
    const ofDrill: JobEvent = { ...progress, job: 'drill' };
    assert.equal(await copies(started(), progress, ofDrill), 8);
    assert.equal(await copies(started(), progress, ofDrill, finished()), 4);
  });

  it('tell how passes ended and how long they took', async () => {
    const { value } = await after([
      finished({ failed: 1, conflicts: 2, failures: [failure('a')] }),
      finished({ error: { path: '', code: 'AuthFailed', message: 'm' }, finishedAt: '2026-03-01T03:00:30Z' }),
      finished({ interrupted: true }),
    ]);
    const passes = (outcome: string) => value('xrootd_archive_passes_total', { kind: 'backup', outcome });
    assert.deepEqual(['ok', 'failures', 'interrupted', 'error'].map(passes), [0, 1, 1, 1]);
    assert.equal(value('xrootd_archive_pass_duration_seconds_sum'), 600 + 30 + 600);
    assert.equal(value('xrootd_archive_pass_duration_seconds_bucket', { le: '60' }), 1);
    const completed = value('xrootd_archive_last_pass_completed_timestamp_seconds', { kind: 'backup' });
    assert.equal(completed, Date.parse('2026-03-01T03:10:00Z') / 1000);
    assert.equal(value('xrootd_archive_last_pass_failed_files', { kind: 'backup' }), 3);
    assert.equal(value('xrootd_archive_errors_total', { code: 'AuthFailed' }), 1);
  });

  it('tell how full the cache is, and where the mark stands', async () => {
    const { value } = await after([{ type: 'usage', warning: false, ...disk(25) }]);
    const cache = config.cacheDirectory;
    assert.equal(value('xrootd_archive_cache_usage_ratio', { cache }), 0.25);
    assert.equal(value('xrootd_archive_cache_bytes', { cache, state: 'available' }), 750);
    assert.equal(value('xrootd_archive_cache_warning_ratio'), 0.8);
  });

  it('tell the age of the oldest record that is not on tape, as time goes by, while there is one', async () => {
    const name = 'xrootd_archive_oldest_record_not_on_tape_age_seconds';
    let now = Date.parse('2026-03-01T03:10:00Z');
    const metrics = new Metrics(
      () => config,
      () => now,
    );
    const age = async () => parseExposition(await metrics.text()).value(name);
    assert.equal(await age(), undefined);
    const oldest = { path: 'a', since: '2026-03-01T03:00:00Z' };
    metrics.hear(finished({ notOnTape: { files: 7, bytes: 70, overdue: 1, oldest } }));
    assert.equal(await age(), 600);
    now += 60_000;
    assert.equal(await age(), 660);
    metrics.hear(finished({ error: { path: '', code: 'x', message: 'm' } }));
    assert.equal(await age(), 660);
    const { value } = parseExposition(await metrics.text());
    assert.equal(value('xrootd_archive_records_not_on_tape', { kind: 'backup' }), 7);
    assert.equal(value('xrootd_archive_bytes_not_on_tape'), 70);
    assert.equal(value('xrootd_archive_records_overdue'), 1);
    metrics.hear(finished({ job: 'verify' }));
    assert.equal(await age(), 660);
    metrics.hear(finished({ notOnTape: { files: 0, bytes: 0, overdue: 0 } }));
    assert.equal(await age(), undefined);
  });

  it('count nothing of a dry run', async () => {
    const { value } = await after([started(true), ...files, finished({ dryRun: true, failed: 2 })]);
    assert.equal(value('xrootd_archive_files_total', { result: 'copied' }), undefined);
    assert.equal(value('xrootd_archive_errors_total', { code: 'NotFound' }), undefined);
    assert.equal(value('xrootd_archive_last_pass_failed_files'), undefined);
    const next = await after([started(true), finished({ dryRun: true }), started(), ...files]);
    assert.equal(next.value('xrootd_archive_files_total', { result: 'copied' }), 2);
  });
});
