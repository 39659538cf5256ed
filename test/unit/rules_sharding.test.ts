import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inShard, MAX_SHARDS, shardOf, shardProblem } from '../../lib/rules/sharding.js';

const counts = fc.integer({ min: 1, max: MAX_SHARDS });
const paths = fc.string({ unit: 'grapheme' });

describe('shardOf', () => {
  it('never changes: two versions of the program may share a pass', () => {
    const known: [path: string, of4: number, of7: number][] = [
      ['a', 0, 0],
      ['b/c', 1, 2],
      ['2026/shot-0002.h5', 2, 4],
      ['2026/03/14/detector two.h5', 1, 3],
      ['Ünïcödé/✓.h5', 2, 3],
    ];
    for (const [path, of4, of7] of known) assert.deepEqual([shardOf(path, 4), shardOf(path, 7)], [of4, of7]);
  });

  it('puts every path into exactly one shard, always the same', () => {
    fc.assert(
      fc.property(paths, fc.integer({ min: 1, max: 50 }), (path, count) => {
        const shards = Array.from({ length: count }, (_, index) => ({ index, count }));
        const holding = shards.filter((shard) => inShard(path, shard));
        assert.deepEqual(holding, [{ index: shardOf(path, count), count }]);
      }),
    );
  });

  it('is one of them, however many there are', () => {
    fc.assert(
      fc.property(paths, counts, (path, count) => {
        assert.equal(shardProblem({ index: shardOf(path, count), count }), undefined);
      }),
    );
  });

  it('spreads evenly what is named alike', () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `2026/day-${i % 30}/shot-${i}.h5`);
    for (const count of [2, 3, 4, 10, 64]) {
      const sizes: number[] = Array.from({ length: count }, () => 0);
      for (const name of names) sizes[shardOf(name, count)]! += 1;
      const even = names.length / count;
      // Five standard deviations of chance.
      for (const size of sizes) assert.ok(Math.abs(size - even) < 5 * Math.sqrt(even), sizes.join(' '));
    }
  });
});

describe('inShard', () => {
  it('has everything where nothing is shared', () => {
    fc.assert(
      fc.property(paths, (path) => {
        assert.ok(inShard(path, undefined) && inShard(path, { index: 0, count: 1 }));
      }),
    );
  });
});

describe('shardProblem', () => {
  const shards: [index: number, count: number, fine: boolean][] = [
    [0, 1, true],
    [3, 4, true],
    [MAX_SHARDS - 1, MAX_SHARDS, true],
    [4, 4, false],
    [-1, 4, false],
    [0, 0, false],
    [0.5, 4, false],
    [0, 1.5, false],
    [0, MAX_SHARDS + 1, false],
    [NaN, 4, false],
    [0, NaN, false],
  ];
  for (const [index, count, fine] of shards) {
    it(`${index}/${count}: ${fine ? 'none' : 'one'}`, () => {
      assert.equal(shardProblem({ index, count }) === undefined, fine);
    });
  }
});
