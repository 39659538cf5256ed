import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  comparisonOf,
  comparisonOfRestored,
  FRESH_SECONDS,
  mayBeWritten,
  OFFLINE_UNCHECKED,
  OFFLINE_UNREAD,
  SMALL_READ_BACK,
  typeOfUpload,
  type Comparison,
  type ComparisonFacts,
  type ServerTypes,
} from '../../lib/rules/comparison.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const old = new Date(now - 3_600_000);
const fresh = new Date(now - 1000);
const future = new Date(now + 3_600_000);
const BIG = SMALL_READ_BACK + 1;

const adlerOnly: ServerTypes = { named: ['adler32'], refused: [] };
const none: ServerTypes = { named: [], refused: [] };
const md5Only: ServerTypes = { named: ['md5'], refused: [] };
const crc32Only: ServerTypes = { named: ['crc32'], refused: [] };
const shaOnly: ServerTypes = { named: ['sha256', 'blake3'], refused: [] };
const refusing: ServerTypes = { named: [], refused: ['adler32', 'crc32c'] };

interface Row extends Partial<Omit<ComparisonFacts, 'remote'>> {
  size?: number;
  offline?: boolean;
  mtime?: Date;
}

const facts = ({ size = BIG, offline = false, mtime = old, ...more }: Row): ComparisonFacts => ({
  ...{ origin: 'unknown', unfinished: false, configured: 'adler32', trustAdler32: false, now },
  ...{
    serverTypes: { named: ['adler32', 'crc32c'], refused: [] },
    verify: 'checksum',
    readBack: 'wherever it proves more',
  },
  remote: { size, offline, mtime },
  ...more,
});

describe('how a remote file is compared', () => {
  const ours: Comparison = { by: 'query', type: 'adler32', weak: false };
  const asked: Comparison = { by: 'query', type: 'crc32c', weak: false };
  const md5: Comparison = { by: 'query', type: 'md5', weak: false };
  const crc32: Comparison = { by: 'query', type: 'crc32', weak: false };
  const read: Comparison = { by: 'read', type: 'crc32c', weak: false };
  const table: [string, Row, Comparison][] = [
    ['a copy of this pass', { origin: 'copied' }, ours],
    ['a fresh copy of this pass', { origin: 'copied', mtime: fresh, size: 1 }, ours],
    ['small', { size: SMALL_READ_BACK }, read],
    ['large', {}, asked],
    ['large, remembered', { origin: 'remembered' }, asked],
    ['large, fresh', { mtime: fresh }, read],
    ['large, its clock ahead of ours', { mtime: future }, read],
    ['large, not whole', { unfinished: true }, read],
    ['large, adler32 alone', { serverTypes: adlerOnly }, read],
    ['large, adler32 alone, remembered', { serverTypes: adlerOnly, origin: 'remembered' }, read],
    ['large, adler32 alone, trusted', { serverTypes: adlerOnly, trustAdler32: true }, ours],
    ['large, a server that tells no types', { serverTypes: none }, read],
    ['large, crc32c configured', { configured: 'crc32c', serverTypes: none }, asked],
    ['offline', { offline: true }, { ...ours, weak: true }],
    ['offline, small and fresh', { offline: true, size: 1, mtime: fresh }, { ...ours, weak: true }],
    ['offline, remembered', { offline: true, origin: 'remembered' }, ours],
    ['offline, trusted', { offline: true, trustAdler32: true }, ours],
    ['offline, crc32c configured', { offline: true, configured: 'crc32c' }, asked],
    ['a look only, small', { readBack: 'fresh', size: 1 }, asked],
    ['a look only, fresh', { readBack: 'fresh', mtime: fresh }, read],
    [
      'a look only, adler32 alone',
      { readBack: 'fresh', serverTypes: adlerOnly },
      { by: 'query', type: 'adler32', weak: true },
    ],
  ];
  const nothing: Comparison = { by: 'nothing', reason: OFFLINE_UNREAD };
  const unchecked: Comparison = { by: 'nothing', reason: OFFLINE_UNCHECKED };
  const auto: [string, Row, Comparison][] = [
    ['a small copy of this pass', { origin: 'copied', size: SMALL_READ_BACK }, read],
    ['a large copy of this pass', { origin: 'copied' }, ours],
    ['a large copy, a server that has md5 alone', { origin: 'copied', serverTypes: md5Only }, md5],
    ['a large copy, crc32 alone', { origin: 'copied', serverTypes: crc32Only }, read],
    [
      'a large copy, crc32 alone and configured',
      { origin: 'copied', serverTypes: crc32Only, configured: 'crc32' },
      crc32,
    ],
    ['a large copy, types that are not computed here', { origin: 'copied', serverTypes: shaOnly }, read],
    ['offline, a server that has refused', { offline: true, serverTypes: refusing }, unchecked],
    ['offline, types that are not computed here', { offline: true, serverTypes: shaOnly }, unchecked],
    ['large, md5 alone', { serverTypes: md5Only }, md5],
    ['large, crc32 alone', { serverTypes: crc32Only }, read],
    ['a look only, crc32 alone', { serverTypes: crc32Only, readBack: 'fresh' }, read],
    ['a look only, refused all', { serverTypes: refusing, readBack: 'fresh' }, read],
    ['a large copy, a server that tells no types', { origin: 'copied', serverTypes: none }, ours],
    ['a large copy, a server that has refused', { origin: 'copied', serverTypes: refusing }, read],
    [
      'a large copy, crc32c configured, adler32 alone',
      { origin: 'copied', configured: 'crc32c', serverTypes: adlerOnly },
      ours,
    ],
    ['a copy that is offline already', { origin: 'copied', size: 1, offline: true }, ours],
    ['small', { size: SMALL_READ_BACK }, read],
    ['large', {}, asked],
    ['offline', { offline: true }, { ...ours, weak: true }],
    ['offline, adler32 configured, md5 alone', { offline: true, serverTypes: md5Only }, md5],
    ['offline, a server that tells no types', { offline: true, serverTypes: none }, { ...ours, weak: true }],
    ['a look only, large', { readBack: 'fresh' }, asked],
    ['a look only, md5 alone', { readBack: 'fresh', serverTypes: md5Only }, md5],
  ];
  const reading: [string, Row, Comparison][] = [
    ['a copy of this pass', { origin: 'copied' }, read],
    ['large', {}, read],
    ['a look only', { readBack: 'fresh' }, read],
    ['offline', { offline: true }, nothing],
    ['offline, remembered, trusted', { offline: true, origin: 'remembered', trustAdler32: true }, nothing],
  ];
  for (const [verify, rows] of [
    ['checksum', table],
    ['auto', auto],
    ['read', reading],
  ] as const)
    for (const [title, row, expected] of rows)
      it(`${verify}: ${title}`, () => {
        assert.deepEqual(comparisonOf(facts({ verify, ...row })), expected);
      });

  it('what is restored is compared with the server’s word, wherever it has one', () => {
    const both = { named: ['adler32', 'crc32c'], refused: [] };
    assert.deepEqual(comparisonOfRestored('auto', 'adler32', both), { by: 'query', type: 'adler32' });
    assert.deepEqual(comparisonOfRestored('auto', 'crc32c', adlerOnly), { by: 'query', type: 'adler32' });
    assert.deepEqual(comparisonOfRestored('auto', 'adler32', md5Only), { by: 'query', type: 'md5' });
    assert.deepEqual(comparisonOfRestored('auto', 'adler32', shaOnly), { by: 'read', type: 'crc32c' });
    assert.deepEqual(comparisonOfRestored('checksum', 'adler32', md5Only), { by: 'query', type: 'md5' });
    assert.deepEqual(comparisonOfRestored('checksum', 'md5', shaOnly), { by: 'query', type: 'md5' });
    assert.deepEqual(comparisonOfRestored('read', 'adler32', both), { by: 'read', type: 'crc32c' });
  });

  it('an upload is summed by the type that it is compared by', () => {
    for (const verify of ['auto', 'checksum', 'read'] as const)
      for (const serverTypes of [adlerOnly, none, md5Only, shaOnly, refusing])
        for (const configured of ['adler32', 'crc32c', 'md5'] as const)
          for (const size of [1, BIG]) {
            const copied = comparisonOf(facts({ verify, serverTypes, configured, origin: 'copied', size }));
            assert.ok(copied.by !== 'nothing');
            assert.equal(typeOfUpload(verify, size, configured, serverTypes), copied.type);
          }
  });

  it('never reads what is offline; never asks for the checksum of what is fresh and not ours; adler32 is weak unless something vouches', () => {
    const any: fc.Arbitrary<ComparisonFacts> = fc.record({
      origin: fc.constantFrom('copied' as const, 'remembered' as const, 'unknown' as const),
      remote: fc.record({
        size: fc.constantFrom(1, SMALL_READ_BACK, BIG),
        offline: fc.boolean(),
        mtime: fc.constantFrom(old, fresh, future, new Date(NaN), new Date(0)),
      }),
      unfinished: fc.boolean(),
      configured: fc.constantFrom('adler32' as const, 'crc32c' as const, 'md5' as const),
      verify: fc.constantFrom('auto' as const, 'checksum' as const, 'read' as const),
      serverTypes: fc.record({
        named: fc.subarray(['adler32', 'crc32', 'crc32c', 'md5', 'sha1', 'zcrc32']),
        refused: fc.subarray(['adler32', 'crc32c', 'md5']),
      }),
      trustAdler32: fc.boolean(),
      readBack: fc.constantFrom('wherever it proves more' as const, 'fresh' as const),
      now: fc.constant(now),
    });
    fc.assert(
      fc.property(any, (given) => {
        const comparison = comparisonOf(given);
        const { origin, remote, trustAdler32, verify } = given;
        if (remote.offline && comparison.by !== 'nothing')
          assert.ok(comparison.by === 'query' && verify !== 'read');
        if (comparison.by === 'nothing') return;
        const { by, type, weak } = comparison;
        if (verify === 'read') assert.equal(by, 'read');
        const young = now - remote.mtime.getTime() < FRESH_SECONDS * 1000;
        if (young && !remote.offline && origin !== 'copied') assert.equal(by, 'read');
        if (type === 'adler32' && !weak)
          assert.ok(origin === 'copied' || trustAdler32 || (remote.offline && origin === 'remembered'));
        if (by === 'read') assert.ok(!weak && type === 'crc32c');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('whether somebody may still write a remote file', () => {
  const table: [string, Date, number, boolean][] = [
    ['a second old', fresh, 600, true],
    ['an hour old', old, 600, false],
    ['ahead of our clock', future, 600, true],
    ['nobody does, as the operator says', fresh, 0, false],
    ['a time that no Date holds', new Date(NaN), 600, false],
    ['before 1970', new Date(-1000), 600, false],
  ];
  for (const [title, mtime, seconds, expected] of table)
    it(title, () => {
      assert.equal(mayBeWritten({ mtime }, seconds, now), expected);
    });
});
