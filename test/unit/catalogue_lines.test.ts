/** What goes into a catalogue from elsewhere, what comes out, and what no row may say. Pure. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { rowProblem } from '../../lib/catalogue/row_problem.js';
import { recordLine } from '../../lib/cli/catalogue/record_line.js';
import { statusLines } from '../../lib/cli/catalogue/status.js';
import { checksumLine } from '../../lib/jobs/catalogue/export.js';
import { foundRecord } from '../../lib/jobs/catalogue/found_record.js';
import { formatOf, parseImported } from '../../lib/jobs/catalogue/imported_lines.js';
import { parseChecksumLine } from '../../lib/rules/checksum_list.js';
import { NOON, rowOf } from '../support/catalogue.js';

describe('rowProblem', () => {
  const cases: [title: string, more: Partial<CatalogueRow>, problem: RegExp][] = [
    ['a name that is none', { path: 'a//b' }, /empty component/],
    ['a name of ours', { path: 'a/.xrootd-archive.lock' }, /reserved/],
    ['a negative size', { size: -1 }, /no number of bytes/],
    ['a removal that nothing allowed', { removed: NOON }, /nothing had allowed it/],
    ['a rule without removal', { rule: 'cached' }, /none was allowed/],
    ['a time that is no date', { removing: Number.MAX_SAFE_INTEGER }, /no date/],
    ['a loss that says nothing', { lost: NOON }, /only one/],
    ['a checksum of no digits', { checksums: [{ type: 'adler32', value: 'xyz' }] }, /not hexadecimal/],
    ['one of too many digits', { checksums: [{ type: 'md5', value: 'abc' }] }, /3 hexadecimal digits/],
    [
      'two of a type',
      { checksums: [1, 2].map((value) => ({ type: 'adler32', value: `${value}` })) },
      /two checksums/,
    ],
  ];
  for (const [title, more, problem] of cases)
    it(`names ${title}`, () => {
      assert.match(rowProblem(rowOf('a', more)) ?? '', problem);
    });

  it('has nothing against what a pass writes', () => {
    assert.equal(rowProblem(rowOf('a/b')), undefined);
    assert.equal(
      rowProblem(rowOf('a/b', { removing: NOON, removed: NOON, rule: 'backed_up', onTape: NOON })),
      undefined,
    );
    assert.equal(rowProblem(rowOf('a/b', { checksums: [] })), undefined);
  });
});

describe('a line of a checksum list', () => {
  it('has the wanted type, else the first one', () => {
    const checksums = [
      { type: 'md5', value: 'd41d8cd98f00b204e9800998ecf8427e' },
      { type: 'adler32', value: '0a1b2c3d' },
    ];
    assert.deepEqual(checksumLine(rowOf('a b', { checksums }), 'adler32'), { line: 'adler32:0a1b2c3d  a b' });
    const [first] = checksums;
    assert.deepEqual(checksumLine(rowOf('a', { checksums }), 'crc32c'), { line: `md5:${first?.value}  a` });
  });

  it('names what it cannot hold', () => {
    for (const path of ['a\nb', ' a', '\ta', 'a\r', 'a\u2028b']) {
      const made = checksumLine(rowOf(path), 'adler32');
      assert.ok('failed' in made && made.code === 'BadName', JSON.stringify(path));
    }
    const none = checksumLine(rowOf('a', { checksums: [] }), 'adler32');
    assert.ok('failed' in none && none.code === 'NoChecksum');
  });

  it('is read as what it was made of, or is not made', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), (path) => {
        const made = checksumLine(rowOf(path), 'adler32');
        if ('line' in made) assert.equal(parseChecksumLine(made.line, 'crc32')?.path, path);
      }),
    );
  });
});

describe('a line that is imported', () => {
  const whole = rowOf('2026/a.h5', { removing: NOON, removed: NOON, rule: 'cached', mode: 0o644 });

  it('is what was exported', () => {
    assert.deepEqual(parseImported(JSON.stringify(whole), 'jsonl', 'adler32'), { row: whole });
  });

  it('needs a path and a size; the rest is not known then, and the checksums are somebody’s word', () => {
    const read = parseImported('{"path":"a","size":7}', 'jsonl', 'adler32');
    assert.ok(read !== undefined && 'row' in read);
    assert.deepEqual([read.row.size, read.row.mtime, read.row.checksums], [7, null, []]);
    assert.equal(read.row.source, 'server');
  });

  const wrong: [title: string, line: string, message: RegExp][] = [
    ['no JSON', '{"path":', /^is no JSON/],
    ['a name that is missing', '{"size":7}', /path: /],
    ['a size that is text', '{"path":"a","size":"7"}', /size: /],
    ['a word that no row has', '{"path":"a","size":7,"colour":1}', /colour/],
    ['a name that leads out', '{"path":"../a","size":7}', /component "\.\."/],
    ['half a checksum', '{"path":"a","size":7,"checksums":[{"type":"md5","value":"00"}]}', /digits/],
  ];
  for (const [title, line, message] of wrong)
    it(`is refused for ${title}`, () => {
      assert.throws(() => parseImported(line, 'jsonl', 'adler32'), { message });
    });

  it('may be of a list', () => {
    assert.equal(formatOf('{"path":"a"}'), 'jsonl');
    assert.equal(formatOf('0a1b2c3d  a'), 'checksums');
    const expected = { type: 'crc32c', value: '0a1b2c3d' };
    assert.deepEqual(parseImported('0a1b2c3d  a', 'checksums', 'crc32c'), {
      listed: { path: 'a', expected },
    });
    assert.equal(parseImported('# made by hand', 'checksums', 'crc32c'), undefined);
  });
});

describe('a record of the catalogue', () => {
  it('says since when it is where it is', () => {
    const gone = { removing: NOON + 1, removed: NOON + 2, rule: 'cached' } as const;
    const cases: [Partial<CatalogueRow>, string, number][] = [
      [{}, 'in_cache', NOON],
      [gone, 'waiting', NOON + 2],
      [{ ...gone, onTape: NOON + 3 }, 'on_tape', NOON + 3],
      [{ ...gone, onTape: NOON + 3, lost: NOON + 4, loss: 'gone' }, 'lost', NOON + 4],
    ];
    for (const [more, state, since] of cases) {
      const found = foundRecord(rowOf('a', more));
      assert.deepEqual([found.state, found.stateSince?.getTime()], [state, since]);
    }
  });

  it('is one line, whatever its name', () => {
    const lost = rowOf('a\nb\u001b[2J', { lost: NOON, loss: 'the server\nhas none', mtime: null });
    const line = recordLine(foundRecord(lost));
    assert.match(
      line,
      /^lost {6}\d{4}-.* 1\.0 kB .* adler32:0a1b2c3d {2}a\\u000ab\\u001b\[2J {2}\(the server\\u000ahas none\)$/,
    );
    assert.match(
      recordLine(foundRecord(rowOf('a', { mtime: null, remoteMtime: null, checksums: [] }))),
      / - {20,}/,
    );
  });
});

describe('catalogue status, for people', () => {
  it('tells states, losses, parts, passes, segments, and what was put aside', () => {
    const none = { records: 0, bytes: 0 };
    const lines = statusLines({
      ...{ files: [{ file: '/c/k', id: 'f00' }], fileBytes: 4096, records: 3, bytes: 3000, forgotten: 1 },
      states: { in_cache: none, waiting: none, on_tape: none, lost: { records: 30, bytes: 3000 } },
      lost: [foundRecord(rowOf('a', { lost: NOON, loss: 'gone' }))],
      lastAudit: new Date(NOON),
      parts: [
        { name: '2026', records: 3, audited: 2, oldestAudit: null, oldestProof: new Date(NOON), wrong: 1 },
      ],
      passes: [
        {
          job: 'backup',
          startedAt: '2026-01-01T00:00:00Z',
          finishedAt: '2026-01-01T00:00:09Z',
          report: { copied: 2, failed: 0 },
        },
      ],
      segments: { enabled: true, url: null, last: 7 },
      damagedFiles: ['/c/k.damaged-2026'],
    });
    const text = lines.join('\n');
    for (const part of [
      /^ {2}lost +30 +3\.0 kB$/m,
      /^Lost:\n {2}lost .* a {2}\(gone\)\n {2}… and 29 more$/m,
      /^ {2}2026 {2}3 records {2}66 % audited {2}all compared since 2025-.* 1 wrong$/m,
      /^ {2}backup .* copied 2$/m,
      /^Segments: go to the target; the last one is number 7$/m,
      /^Damaged, put aside:\n {2}\/c\/k\.damaged-2026$/m,
    ])
      assert.match(text, part);
  });
});
