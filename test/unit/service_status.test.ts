import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JobEvent } from '../../lib/jobs/events/events.js';
import { healthOf } from '../../lib/service/health.js';
import { html } from '../../lib/service/html.js';
import { outcomeOf } from '../../lib/service/pass_outcome.js';
import { StatusBoard, type HeardEvent, type Running } from '../../lib/service/status_board.js';
import { statusPage } from '../../lib/service/status_page.js';
import { words } from '../support/page_words.js';
import { disk, failure, finished, reportOf, started } from '../support/reports.js';

const config = { cacheDirectory: '/data/cache', targetUrl: 'root://host//base' };
const start = Date.parse('2026-03-01T03:00:00Z');
const error = { path: '', code: 'AuthFailed', message: 'refused' };
const progress: JobEvent = {
  ...{
    type: 'progress',
    job: 'backup',
    filesDone: 1200,
    filesKnown: 4000,
    bytesDone: 5e9,
    bytesKnown: 2e10,
    walkDone: true,
  },
  ...{ rate: 1e8, etaSeconds: 150, copying: 12, inFlight: [{ path: '2026/a b.h5', bytes: 5e8, size: 1e9 }] },
};

function after(events: JobEvent[], now = () => start) {
  const board = new StatusBoard(() => config, now);
  for (const event of events) board.hear(event);
  return board.status();
}

const page = (events: JobEvent[], now?: () => number) => {
  const status = after(events, now);
  return statusPage(status, healthOf(status), 80);
};

describe('how a pass ended', () => {
  const cases: [Parameters<typeof reportOf>[0], string][] = [
    [{}, 'ok'],
    [{ failed: 1 }, 'failures'],
    [{ conflicts: 1 }, 'failures'],
    [{ interrupted: true, failed: 1 }, 'interrupted'],
    [{ error, interrupted: true, failed: 1 }, 'error'],
  ];
  for (const [more, outcome] of cases)
    it(`${JSON.stringify(more)}: ${outcome}`, () => {
      assert.equal(outcomeOf(reportOf(more)), outcome);
    });
});

describe('the status', () => {
  it('shows the warnings of a pass', () => {
    const warned = page([finished({ warnings: ['the cache is empty'] })]);
    assert.match(warned, /class="bad">ok; the cache is empty</);
    assert.match(page([finished({})]), /class="">ok</);
  });

  it('of a service that has done nothing yet', () => {
    const { now, startedAt, cache, target, ...rest } = after([]);
    assert.deepEqual([now, startedAt], ['2026-03-01T03:00:00.000Z', '2026-03-01T03:00:00.000Z']);
    assert.deepEqual([cache, target], ['/data/cache', 'root://host//base']);
    assert.deepEqual(rest, {
      ...{
        usage: null,
        running: [],
        passes: [],
        planned: [],
        catalogue: null,
        waitingForTape: null,
        failures: [],
      },
    });
  });

  it('shows the pass that runs, and the last one once it is over', () => {
    const { running, usage } = after([started(), { type: 'usage', warning: true, ...disk(90) }, progress]);
    const [current, ...others] = running;
    assert.deepEqual(others, []);
    assert.deepEqual([current?.job, current?.startedAt], ['backup', '2026-03-01T03:00:00.000Z']);
    assert.deepEqual([current?.progress?.filesDone, current?.progress?.copying], [1200, 12]);
    assert.deepEqual([usage?.usedPercent, usage?.warning], [90, true]);
    const over = after([started(), progress, finished({ failed: 1, failures: [failure('a')] })]);
    assert.deepEqual(over.running, []);
    assert.deepEqual([over.passes[0]?.outcome, over.passes[0]?.failed], ['failures', 1]);
    const ofBackup = { job: 'backup', total: 1, first: [failure('a')] };
    assert.deepEqual(over.failures, [ofBackup]);
    const failing = finished({ failed: 1, failures: [failure('a')] });
    assert.deepEqual(after([failing, finished()]).failures, []);
    assert.deepEqual(after([failing, finished({ job: 'retention' })]).failures, [ofBackup]);
  });

  it('tells of two passes at once, and of the next one of each lane', () => {
    const drill: JobEvent = {
      ...{
        type: 'pass:started',
        job: 'drill',
        cache: '/scratch',
        target: 'root://host//base',
        dryRun: false,
      },
    };
    const planned = (job: 'backup' | 'verify', hour: string): JobEvent => ({
      ...{ type: 'pass:scheduled', job, at: `2026-03-01T${hour}:00:00.000Z`, late: false },
    });
    const events = [planned('verify', '05'), planned('backup', '04'), started(), drill, progress];
    const both = after(events);
    assert.deepEqual(
      both.running.map(({ job, progress: its }) => [job, its?.copying]),
      [
        ['backup', 12],
        ['drill', undefined],
      ],
    );
    assert.deepEqual(
      both.planned.map(({ job }) => job),
      ['backup', 'verify'],
    );
    const text = words(page(events));
    for (const expected of ['backup has been running', 'drill has been running', '04:00:00 UTC (backup)'])
      assert.ok(text.includes(expected), text);
    const one = after([...events, finished()]);
    assert.deepEqual(
      one.running.map(({ job }) => job),
      ['drill'],
    );
  });

  it('keeps what waits for tape from the last backup that saw all records', () => {
    const notOnTape = {
      ...{ files: 7, bytes: 70, overdue: 2 },
      oldest: { path: 'a', since: '2026-02-01T00:00:00Z' },
    };
    const seen = finished({ notOnTape });
    const partial = { files: 1, bytes: 1, overdue: 0 };
    for (const later of [
      finished({ error, notOnTape: partial }),
      finished({ interrupted: true, notOnTape: partial }),
      finished({ job: 'verify' }),
    ])
      assert.deepEqual(after([seen, later]).waitingForTape, { ...notOnTape, at: '2026-03-01T03:10:00.000Z' });
    assert.equal(after([seen, finished({ notOnTape: partial })]).waitingForTape?.files, 1);
  });

  it('doesn’t grow for ever', () => {
    const failures = Array.from({ length: 1000 }, (_, i) => failure(`f${i}`));
    const status = after(
      Array.from({ length: 100 }, (_, copied) => finished({ copied, failed: 1000, failures })),
    );
    assert.deepEqual(
      [status.passes.length, status.passes[0]?.copied, status.failures[0]?.first.length],
      [20, 99, 100],
    );
  });

  it('carries no secrets', () => {
    const message = 'open root://host//f?authz=abc: refused';
    const status = after([
      finished({ error: { ...error, message }, failed: 1, failures: [{ ...error, message }] }),
    ]);
    assert.ok(!JSON.stringify(status).includes('abc'), JSON.stringify(status));
  });
});

describe('health', () => {
  const planned = [{ job: 'backup', at: '2026-03-01T03:00:00.000Z' }] as const;
  const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString();
  const running = (job: Running['job']): Running => ({
    ...{ jobId: job, job, startedAt: planned[0].at, dryRun: false, progress: null },
  });
  const cases: [title: string, Parameters<typeof healthOf>[0], ok: boolean][] = [
    ['nothing is planned', { now: at(99), planned: [], running: [] }, true],
    ['a pass is to come', { now: at(-5), planned, running: [] }, true],
    ['it is a little late', { now: at(10), planned, running: [] }, true],
    ['it is too late', { now: at(11), planned, running: [] }, false],
    ['another one of its lane still runs', { now: at(99), planned, running: [running('retention')] }, true],
    ['only one of the other lane runs', { now: at(99), planned, running: [running('drill')] }, false],
  ];
  for (const [title, status, ok] of cases)
    it(`${title}: ${ok ? 'good' : 'bad'}`, () => {
      assert.equal(healthOf(status).ok, ok);
    });
});

describe('html', () => {
  it('takes every value for text, but what is html already', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const inner = html`<b title="${text}">${[text, 1]}</b>`;
        const [, title = '', body = ''] = /^<b title="([^"<>']*)">([^<>"']*)<\/b>$/s.exec(inner.text) ?? [];
        const back = (escaped: string) =>
          escaped
            .replaceAll('&lt;', '<')
            .replaceAll('&gt;', '>')
            .replaceAll('&quot;', '"')
            .replaceAll('&#39;', "'")
            .replaceAll('&amp;', '&');
        assert.deepEqual([back(title), back(body)], [text, `${text}1`]);
        assert.equal(html`${inner}`.text, inner.text);
      }),
    );
  });
});

describe('the status page', () => {
  it('has all numbers without a script', () => {
    const now = () => start + 90_000;
    const oldest = { path: 'day/7.h5', since: '2026-02-26T03:00:00Z' };
    const waiting = { files: 7, bytes: 7e9, overdue: 2, oldest };
    const text = words(
      page(
        [
          finished({ copied: 3, bytesCopied: 5e9, failed: 1, failures: [failure('day/1.h5')] }),
          finished({
            notOnTape: waiting,
            conflicts: 1,
            failures: [failure('x')],
          }),
          { type: 'pass:scheduled', job: 'backup', at: '2026-03-02T03:00:00.000Z', late: false },
          { type: 'usage', warning: true, ...disk(90) },
          started(),
          progress,
        ],
        now,
      ),
    );
    for (const expected of [
      '/data/cache → root://host//base',
      '90 % full: 900 B used, 100 B left (above the warning mark of 80 %)',
      'backup has been running for 0.0 s',
      '1,200 of 4,000 files, 5.0 GB of 20.0 GB; 100.0 MB/s, 12 copies in flight, 2 min 30 s left',
      'The next pass is planned for 2026-03-02 03:00:00 UTC',
      '7 records in the cache without an identical copy on tape (7.0 GB). The oldest has waited for 3 d 00 h, since 2026-02-26 03:00:00 UTC: day/7.h5',
      '2 records waited too long.',
      '3 (5.0 GB)',
      '1 file in the last backup pass.',
      'x NotFound stat root://host//base/x: no such file [NotFound, kXR 3011]',
    ])
      assert.ok(text.includes(expected), `${expected}\n${text}`);
  });

  it('while a pass runs, names what is in flight and the next slot, not the one it has begun with', () => {
    const schedules = { copyCronString: '0 3 * * *', timezoneStr: 'UTC', audit: { cronString: '0 5 * * *' } };
    const board = new StatusBoard(
      () => ({ ...config, ...schedules, audit: { ...schedules.audit, samplePercent: 1 } }),
      () => start + 60_000,
    );
    const at = '2026-03-01T03:00:00.000Z';
    for (const event of [
      { type: 'pass:scheduled', job: 'backup', at, late: false } as const,
      started(),
      progress,
    ])
      board.hear(event);
    const status = board.status();
    assert.deepEqual(status.planned, [{ job: 'backup', at: '2026-03-02T03:00:00.000Z' }]);
    const text = words(statusPage(status, healthOf(status), 80));
    for (const expected of [
      'The next pass is planned for 2026-03-02 03:00:00 UTC (backup)',
      '2026/a b.h5 500.0 MB of 1.0 GB',
      'and 11 others',
    ])
      assert.ok(text.includes(expected), `${expected}\n${text}`);
    assert.ok(!text.includes('planned for 2026-03-01'), text);
  });

  it('two restores at once are two, each with its own progress', () => {
    const board = new StatusBoard(() => config);
    for (const jobId of ['one', 'two']) board.hear({ ...started(), jobId, job: 'restore' } as HeardEvent);
    board.hear({ ...progress, jobId: 'two', job: 'restore', filesDone: 7 });
    const { running } = board.status();
    assert.deepEqual(
      running.map(({ jobId, progress: its }) => [jobId, its?.filesDone]),
      [
        ['one', undefined],
        ['two', 7],
      ],
    );
    board.hear({ ...finished({ job: 'restore' }), jobId: 'one' });
    assert.deepEqual(
      board.status().running.map(({ jobId }) => jobId),
      ['two'],
    );
  });

  it('the meter of a disk above its mark is no good sign, wherever the mark is', () => {
    // Without an optimum below the mark, HTML calls what lies above a mark under 50 % the best.
    const usage: JobEvent = { type: 'usage', warning: true, ...disk(45) };
    assert.match(page([usage]), /<meter min="0" max="100" high="80" optimum="0" value="45">/);
  });

  it('tells in words what is not known yet, and what is wrong', () => {
    const text = words(page([]));
    for (const expected of [
      'Not looked at yet',
      'No pass is running',
      'No pass is planned',
      'None since the',
    ])
      assert.ok(text.includes(expected), expected);
    const late: JobEvent = {
      type: 'pass:scheduled',
      job: 'backup',
      at: '2026-03-01T01:00:00.000Z',
      late: false,
    };
    assert.match(
      words(page([late])),
      /the backup pass that was planned for 2026-03-01T01:00:00\.000Z has not started/,
    );
  });

  it('shows names that look like HTML as they are', () => {
    const evil = '<script>alert("1")</script>';
    const text = page([finished({ failed: 1, failures: [{ path: evil, code: evil, message: evil }] })]);
    assert.equal(text.split('<script>').length, 2);
    assert.ok(text.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'));
  });
});
