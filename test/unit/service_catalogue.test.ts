/** What the page, the metrics and the mail say of a catalogue. */
import assert from 'node:assert/strict';
import { Metrics } from '../../lib/service/metrics.js';
import type { CatalogueView } from '../../lib/service/catalogue_view.js';
import { healthOf } from '../../lib/service/health.js';
import { forgetCommand } from '../../lib/service/lost_records.js';
import { StatusBoard } from '../../lib/service/status_board.js';
import { statusPage } from '../../lib/service/status_page.js';
import { words } from '../support/page_words.js';
import { viewOf } from '../support/catalogue_views.js';
import { parseExposition } from '../support/prometheus.js';
import { failure, finished } from '../support/reports.js';

const view = viewOf();
const facts = view.facts ?? assert.fail();
const { at } = view;
const nothing = (text: string, isFault: boolean): CatalogueView => ({
  ...{ at, file: view.file, nothing: { text, isFault }, facts: null },
});

function page(...views: CatalogueView[]): string {
  const board = new StatusBoard(() => ({ cacheDirectory: '/cache', targetUrl: 'root://host//base' }));
  for (const each of views) board.hearCatalogue(each);
  const status = board.status();
  assert.equal(healthOf(status).ok, true, 'a restart brings no record back');
  return statusPage(status, healthOf(status), 80);
}

describe('the catalogue on the status page', () => {
  it('counts the records, and names those that are lost, with what to do', () => {
    const text = words(page(view));
    for (const expected of [
      '3,000 records known (3.0 TB): 2,968 on tape (3.0 TB), 20 waiting for tape after they have left the cache (2.0 GB), 10 in the cache',
      '3 records that left the cache waited too long for tape.',
      'Its file has 4.0 MB. The last segment on the server has the number 12.',
      'root://host//base The server has lost 2 records: see below.',
      '2 records lost',
      'Look for each on the server and on tape',
      'day-1/it is.h5 (1.0 MB)',
      'the server has no such file',
      'xrootd-archive catalogue forget &#39;day-1/it is.h5&#39; --reason &#39;WHY&#39;',
      'day-2/&lt;b&gt;',
    ])
      assert.ok(text.includes(expected), `${expected}\n${text}`);
  });

  it('tells of the last audit and drill, and when each part was last proven', () => {
    const text = words(page(view));
    for (const expected of [
      'Last audit: 2026-03-01 03:10:00 UTC, failures (28 files verified, 2 failed)',
      'Last drill: 2026-02-28 06:00:00 UTC, ok (3 files verified, 0 failed)',
      '1,500 of 3,000 records audited (50 %), the last one 2026-03-01 03:10:00 UTC',
      'Each was compared with the server, by a pass or an audit, after 2025-12-01 03:00:00 UTC',
      'Audits found 2 records wrong.',
      'day-1 2,000 1,500 2025-12-01 03:00:00 UTC 2',
      'in no directory 1,000 0 not all yet 0',
    ])
      assert.ok(text.includes(expected), `${expected}\n${text}`);
  });

  it('says why there is none', () => {
    assert.match(page(), /Not read yet/);
    assert.match(page(nothing('None is kept.', false)), /<p class="">None is kept\.<\/p>/);
    assert.match(page(nothing('damaged', true)), /role="alert">The catalogue cannot be read: see below/);
    assert.match(page(view, nothing('its bytes are damaged', true)), /<p class="bad">its bytes are damaged</);
  });

  it('has no table of lost records where none is lost', () => {
    const records = { ...facts.records, lost: { records: 0, bytes: 0 } };
    assert.doesNotMatch(page({ ...view, facts: { ...facts, records, lost: [] } }), /lost|forget/i);
  });
});

describe('the command that accepts a loss', () => {
  const cases: [path: string, command: string][] = [
    ['2026/shot-1.h5', "xrootd-archive catalogue forget 2026/shot-1.h5 --reason 'WHY'"],
    ["it's; rm -rf", `xrootd-archive catalogue forget 'it'\\''s; rm -rf' --reason 'WHY'`],
    ['-rf', "xrootd-archive catalogue forget --reason 'WHY' -- -rf"],
    ['$HOME', "xrootd-archive catalogue forget '$HOME' --reason 'WHY'"],
    ['-n x', "xrootd-archive catalogue forget --reason 'WHY' -- '-n x'"],
  ];
  for (const [path, command] of cases)
    it(`for ${path}`, () => {
      assert.equal(forgetCommand(path), command);
    });
});

describe('the metrics of a catalogue', () => {
  const audit = { cronString: '0 5 * * *', samplePercent: 1 };
  const metricsOf = (withAudit = true) =>
    new Metrics(() => ({ warningMarkPercent: 80, ...(withAudit && { audit }) }));
  const values = async (metrics: Metrics) => parseExposition(await metrics.text());

  it('are those of the last look', async () => {
    const metrics = metricsOf();
    metrics.hearCatalogue(view);
    const { value } = await values(metrics);
    const records = (state: string) => value('xrootd_archive_catalogue_records', { state });
    assert.deepEqual(['in_cache', 'waiting', 'on_tape', 'lost'].map(records), [10, 20, 2968, 2]);
    assert.equal(value('xrootd_archive_catalogue_bytes', { state: 'on_tape' }), 3e12);
    const names = [
      'records_lost',
      'catalogue_overdue_records',
      'catalogue_file_bytes',
      'audit_wrong_records',
    ];
    assert.deepEqual(
      names.map((name) => value(`xrootd_archive_${name}`)),
      [2, 3, 4e6, 2],
    );
    const time = (name: string, kind: string) => value(`xrootd_archive_${name}_timestamp_seconds`, { kind });
    assert.equal(time('audit_last', 'verify'), Date.parse(at) / 1000);
    assert.equal(time('audit_oldest', 'verify'), Date.parse('2025-12-01T03:00Z') / 1000);
    assert.equal(time('drill_last', 'drill'), Date.parse('2026-02-28T06:00Z') / 1000);
    assert.equal(value('xrootd_archive_drill_failed_files'), 0);
    assert.equal(value('xrootd_archive_catalogue_unusable'), 0);
  });

  it('tell nothing of the age of audits where nobody asked for audits', async () => {
    const metrics = metricsOf(false);
    metrics.hearCatalogue(view);
    const { samples } = await values(metrics);
    assert.ok(!samples.some(({ name }) => name.includes('_audit_last') || name.includes('_audit_oldest')));
  });

  it('say that it is unusable: when it can’t be read, and after a pass that couldn’t write it', async () => {
    const metrics = metricsOf();
    const unusable = async () => (await values(metrics)).value('xrootd_archive_catalogue_unusable');
    const lost = async () => (await values(metrics)).value('xrootd_archive_records_lost');
    metrics.hearCatalogue(view);
    metrics.hearCatalogue(nothing('its bytes are damaged', true));
    assert.deepEqual([await unusable(), await lost()], [1, 2]);
    metrics.hearCatalogue(view);
    assert.equal(await unusable(), 0);
    metrics.hear(finished({ failed: 1, failures: [failure('', 'CatalogueUnusable')] }));
    assert.equal(await unusable(), 1);
    metrics.hear(finished({ job: 'drill' }));
    metrics.hear(finished({ partial: true }));
    assert.equal(await unusable(), 1);
    metrics.hear(finished());
    assert.equal(await unusable(), 0);
    metrics.hearCatalogue(nothing('None is kept.', false));
    assert.deepEqual([await unusable(), await lost()], [0, 0]);
  });
});
