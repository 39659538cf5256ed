import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pathFraction } from '../../lib/rules/path_fraction.js';
import { inSample, Sample } from '../../lib/rules/sampling.js';

const paths = fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 1, maxLength: 60 });

/** Paths as facilities have them: alike, and counted. */
function shots(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `2026/day-${i % 30}/shot-${String(i).padStart(6, '0')}.h5`);
}

describe('pathFraction', () => {
  it('is from 0 to below 1, and the same for the same path and seed', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (path, seed) => {
        const fraction = pathFraction(path, seed);
        assert.ok(fraction >= 0 && fraction < 1);
        assert.equal(fraction, pathFraction(path, seed));
      }),
    );
  });

  it('spreads paths that are alike evenly, in each seed anew', () => {
    for (const seed of ['', 'a', 'b', '2026-01']) {
      const buckets: number[] = Array.from({ length: 20 }, () => 0);
      for (const path of shots(20_000)) buckets[Math.floor(pathFraction(path, seed) * 20)]! += 1;
      // 1,000 each; the standard deviation of chance is 31.
      for (const count of buckets) assert.ok(Math.abs(count - 1000) < 160, buckets.join(' '));
    }
    const both = shots(20_000).filter(
      (path) => pathFraction(path, 'a') < 0.1 && pathFraction(path, 'b') < 0.1,
    );
    assert.ok(Math.abs(both.length - 200) < 80, `${both.length} of about 200`);
  });

  it('has no two alike among 100,000', () => {
    assert.equal(new Set(shots(100_000).map((path) => pathFraction(path, 's'))).size, 100_000);
  });
});

describe('inSample', () => {
  it('takes about N % of many paths', () => {
    const all = shots(20_000);
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 100, noNaN: true }), fc.string(), (percent, seed) => {
        const share = percent / 100;
        const taken = all.filter((path) => inSample(path, seed, percent)).length;
        const deviation = Math.sqrt(all.length * share * (1 - share));
        assert.ok(Math.abs(taken - all.length * share) <= 6 * deviation + 1, `${taken} at ${percent} %`);
      }),
      { numRuns: 30 },
    );
  });

  it('takes all at 100 %, none at 0 %, and more at more', () => {
    const percents = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.string(), fc.string(), percents, percents, (path, seed, a, b) => {
        assert.equal(inSample(path, seed, 100), true);
        assert.equal(inSample(path, seed, 0), false);
        if (inSample(path, seed, Math.min(a, b))) assert.equal(inSample(path, seed, Math.max(a, b)), true);
      }),
    );
  });
});

describe('Sample', () => {
  function drawn(
    items: readonly { path: string; size: number }[],
    seed: string,
    limits: { files?: number; bytes?: number },
  ): string[] {
    const sample = new Sample<{ path: string; size: number }>(seed, limits);
    for (const item of items) sample.add(item);
    return sample.items().map(({ path }) => path);
  }

  it('draws as many files as asked for, the same ones in whatever order they come', () => {
    fc.assert(
      fc.property(paths, fc.string(), fc.integer({ min: 1, max: 70 }), (names, seed, files) => {
        const items = names.map((path) => ({ path, size: 1 }));
        const first = drawn(items, seed, { files });
        assert.equal(first.length, Math.min(files, names.length));
        assert.deepEqual(drawn([...items].reverse(), seed, { files }), first);
      }),
    );
  });

  it('holds as many bytes as asked for, or one file; the next one in chance’s order would be too much', () => {
    const files = fc.uniqueArray(
      fc.record({ path: fc.string({ minLength: 1 }), size: fc.integer({ min: 1, max: 100 }) }),
      { minLength: 1, maxLength: 50, selector: ({ path }) => path },
    );
    fc.assert(
      fc.property(files, fc.string(), fc.integer({ min: 1, max: 1000 }), (items, seed, bytes) => {
        const order = [...items].sort((a, b) => pathFraction(a.path, seed) - pathFraction(b.path, seed));
        const taken = drawn(items, seed, { bytes });
        const expected: string[] = [];
        let total = 0;
        for (const { path, size } of order) {
          total += size;
          if (total > bytes && expected.length > 0) break;
          expected.push(path);
        }
        assert.deepEqual(taken, expected);
      }),
    );
  });

  it('gives each file the same chance', () => {
    const items = shots(50).map((path) => ({ path, size: 1 }));
    const times = new Map<string, number>();
    for (let seed = 0; seed < 4000; seed += 1) {
      for (const path of drawn(items, String(seed), { files: 5 }))
        times.set(path, (times.get(path) ?? 0) + 1);
    }
    // 400 each; the standard deviation of chance is 19.
    for (const { path } of items) assert.ok(Math.abs((times.get(path) ?? 0) - 400) < 110, path);
  });
});
