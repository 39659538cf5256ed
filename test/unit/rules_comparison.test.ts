import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  comparisonOf,
  FRESH_SECONDS,
  mayBeWritten,
  SMALL_READ_BACK,
  type Comparison,
  type ComparisonFacts,
} from '../../lib/rules/comparison.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const old = new Date(now - 3_600_000);
const fresh = new Date(now - 1000);
const future = new Date(now + 3_600_000);
const BIG = SMALL_READ_BACK + 1;

interface Row extends Partial<Omit<ComparisonFacts, 'remote'>> {
  size?: number;
  offline?: boolean;
  mtime?: Date;
}

const facts = ({ size = BIG, offline = false, mtime = old, ...more }: Row): ComparisonFacts => ({
  ...{ origin: 'unknown', unfinished: false, configured: 'adler32', trustAdler32: false, now },
  ...{ serverTypes: ['adler32', 'crc32c'], readBack: 'wherever it proves more' },
  remote: { size, offline, mtime },
  ...more,
});

describe('how a remote file is compared', () => {
  const ours: Comparison = { by: 'query', type: 'adler32', weak: false };
  const asked: Comparison = { by: 'query', type: 'crc32c', weak: false };
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
    ['large, adler32 alone', { serverTypes: ['adler32'] }, read],
    ['large, adler32 alone, remembered', { serverTypes: ['adler32'], origin: 'remembered' }, read],
    ['large, adler32 alone, trusted', { serverTypes: ['adler32'], trustAdler32: true }, ours],
    ['large, a server that tells no types', { serverTypes: [] }, read],
    ['large, crc32c configured', { configured: 'crc32c', serverTypes: [] }, asked],
    ['offline', { offline: true }, { ...ours, weak: true }],
    ['offline, small and fresh', { offline: true, size: 1, mtime: fresh }, { ...ours, weak: true }],
    ['offline, remembered', { offline: true, origin: 'remembered' }, ours],
    ['offline, trusted', { offline: true, trustAdler32: true }, ours],
    ['offline, crc32c configured', { offline: true, configured: 'crc32c' }, asked],
    ['a look only, small', { readBack: 'fresh', size: 1 }, asked],
    ['a look only, fresh', { readBack: 'fresh', mtime: fresh }, read],
    [
      'a look only, adler32 alone',
      { readBack: 'fresh', serverTypes: ['adler32'] },
      { by: 'query', type: 'adler32', weak: true },
    ],
  ];
  for (const [title, row, expected] of table)
    it(title, () => {
      assert.deepEqual(comparisonOf(facts(row)), expected);
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
      configured: fc.constantFrom('adler32' as const, 'crc32c' as const),
      serverTypes: fc.subarray(['adler32', 'crc32c', 'md5']),
      trustAdler32: fc.boolean(),
      readBack: fc.constantFrom('wherever it proves more' as const, 'fresh' as const),
      now: fc.constant(now),
    });
    fc.assert(
      fc.property(any, (given) => {
        const { by, type, weak } = comparisonOf(given);
        const { origin, remote, trustAdler32 } = given;
        if (remote.offline) assert.equal(by, 'query');
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
