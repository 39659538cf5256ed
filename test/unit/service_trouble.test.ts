import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Report } from '../../lib/jobs/events/report.js';
import { digestOf } from '../../lib/service/mail_digest.js';
import { troublesOf, TROUBLE_KINDS, type Trouble } from '../../lib/service/trouble.js';
import { disk, failure, reportOf } from '../support/reports.js';

const crash = { path: '', code: 'ConnectionError', message: 'ping root://host: refused' };
const full = { ...disk(93), warning: true };
const calm = { ...disk(20), warning: false };
const oldest = { path: 'day/1.h5', since: '2026-02-20T10:00:00.000Z' };
const waiting = { files: 9, bytes: 900, overdue: 0, oldest };

describe('troubles of a pass', () => {
  const cases: [title: string, report: Partial<Report>, usage: typeof full | undefined, keys: string[]][] = [
    ['a good one has none', { scanned: 9, copied: 9 }, calm, []],
    ['nor has one that was stopped', { interrupted: true }, undefined, []],
    ['one that ended early', { error: crash }, calm, ['crash backup ConnectionError']],
    ['a warning', { warnings: ['is it mounted?'] }, calm, ['warning is it mounted?']],
    ['a disk that fills', {}, full, ['usage']],
    [
      'files that failed and conflict',
      { failed: 1, conflicts: 1, failures: [failure('a'), failure('b', 'Conflict')] },
      undefined,
      ['failure backup NotFound a', 'failure backup Conflict b'],
    ],
    [
      'more failures than a report names',
      { failed: 5, failures: [failure('a')] },
      undefined,
      ['failure backup NotFound a', 'failure backup beyond'],
    ],
    ['records too long without tape', { notOnTape: { ...waiting, overdue: 3 } }, undefined, ['overdue']],
    ['none of them overdue', { notOnTape: waiting }, undefined, []],
    [
      'a record that the server has lost, whoever finds it',
      { job: 'verify', failed: 1, failures: [failure('a', 'LostCopy')] },
      undefined,
      ['lost a'],
    ],
    [
      'a catalogue that cannot be used',
      { failed: 1, failures: [{ path: '', code: 'CatalogueUnusable', message: 'disk is full' }] },
      undefined,
      ['catalogue '],
    ],
    [
      'everything',
      { error: crash, failed: 1, failures: [failure('a')] },
      full,
      ['crash backup ConnectionError', 'usage', 'failure backup NotFound a'],
    ],
  ];
  for (const [title, report, usage, keys] of cases)
    it(title, () => {
      assert.deepEqual(
        troublesOf(reportOf(report), usage).map(({ key }) => key),
        keys,
      );
    });

  it('say what an operator needs', () => {
    const texts = troublesOf(reportOf({ error: crash, failed: 1, failures: [failure('a')] }), full);
    const [early, usage, file] = texts.map(({ text }) => text);
    assert.equal(early, 'backup, started 2026-03-01T03:00:00.000Z: ping root://host: refused');
    assert.equal(usage, "The cache's disk is 93 % full; 70 B are left.");
    assert.equal(file, 'a: stat root://host//base/a: no such file [NotFound, kXR 3011]');
    const [overdue] = troublesOf(reportOf({ notOnTape: { ...waiting, overdue: 2 } }), undefined);
    assert.match(
      overdue?.text ?? '',
      /^2 records waited too long; the oldest is day\/1\.h5, from 2026-02-20T/,
    );
  });
});

describe('the digest', () => {
  const context = {
    ...{
      machine: 'ingest1',
      cache: '/data/cache',
      target: 'root://host//base',
      known: 0,
      repeatAfter: '20h',
    },
  };

  it('has one section for each kind, the worst first', () => {
    const report = reportOf({ error: crash, failed: 2, failures: [failure('a'), failure('b')] });
    const { subject, text } = digestOf([...troublesOf(report, full)].reverse(), { ...context, known: 1200 });
    assert.equal(
      subject,
      'xrootd-archive on ingest1: a pass ended early, cache disk filling, 2 files failed',
    );
    assert.equal(
      text,
      `A pass ended early
  backup, started 2026-03-01T03:00:00.000Z: ping root://host: refused

The cache's disk is filling
  The cache's disk is 93 % full; 70 B are left.

Files that failed or conflict
  b: stat root://host//base/b: no such file [NotFound, kXR 3011]
  a: stat root://host//base/a: no such file [NotFound, kXR 3011]

Still there, and told in an earlier mail: 1,200
Cache: /data/cache
Target: root://host//base
Machine: ingest1
The same trouble is not mailed again for 20h.
`,
    );
  });

  it('says what to do about lost records and an unusable catalogue', () => {
    const failures = [
      { path: 'day/1', code: 'LostCopy', message: 'the server has no such file' },
      { path: '', code: 'CatalogueUnusable', message: 'disk is full' },
      failure('a'),
    ];
    const { subject, text } = digestOf(troublesOf(reportOf({ failed: 3, failures }), undefined), context);
    assert.equal(
      subject,
      'xrootd-archive on ingest1: 1 record lost, catalogue cannot be used, 1 file failed',
    );
    const [lost, catalogue] = text.split('\n\n');
    assert.match(
      lost ?? '',
      /^Records that the server has lost\n {2}day\/1: the server has no such file\n.*put it back/,
    );
    assert.match(lost ?? '', /xrootd-archive catalogue forget PATH --reason 'WHY'$/);
    assert.match(
      catalogue ?? '',
      /^The catalogue cannot be used\n {2}disk is full\n.*no local file is removed/,
    );
  });

  it('stays short, and on one line for each trouble, whatever there is', () => {
    const trouble: fc.Arbitrary<Trouble> = fc.record({
      kind: fc.constantFrom(...TROUBLE_KINDS),
      key: fc.string(),
      text: fc.oneof(fc.string(), fc.constant('two\r\nlines')),
    });
    fc.assert(
      fc.property(fc.array(trouble, { minLength: 1, maxLength: 300 }), (troubles) => {
        const { subject, text } = digestOf(troubles, context);
        assert.ok(!/[\r\n]/.test(subject) && !text.includes('\r'));
        assert.ok(text.split('\n').length < TROUBLE_KINDS.length * 54 + 8);
        for (const kind of TROUBLE_KINDS) {
          const beyond = troubles.filter((each) => each.kind === kind).length - 50;
          if (beyond > 0) assert.ok(text.includes(`  and ${beyond} more; the log has them\n`));
        }
      }),
    );
  });

  it('carries no secrets', () => {
    const text = 'open root://host//f?authz=Bearer%20abc: refused';
    const digest = digestOf([{ kind: 'crash', key: 'k', text }], context);
    assert.ok(digest.text.includes('authz=***') && !digest.text.includes('abc'), digest.text);
  });
});
