import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shardStore } from '../../lib/remote/shard_store.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';

/** Tells how many checksum queries it ever had at once; each lasts a turn of the event loop. */
function counting(): { store: LimitedStore; most: () => number } {
  let now = 0;
  let most = 0;
  const checksum: LimitedStore['checksum'] = async (name, type) => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    now--;
    return { type, value: name };
  };
  return { store: { checksum } as LimitedStore, most: () => most };
}

describe('shardStore', () => {
  it('asks for no more checksums at once than all shards together may, but for one each', async () => {
    const atOnce = fc.integer({ min: 1, max: 64 });
    await fc.assert(
      fc.asyncProperty(atOnce, fc.integer({ min: 1, max: 100 }), async (limit, count) => {
        const { store, most } = counting();
        const shared = shardStore(store, { index: 0, count }, limit);
        const names = Array.from({ length: limit + 1 }, (_, i) => String(i));
        const sums = await Promise.all(names.map((name) => shared.checksum(name, 'adler32', 1)));
        assert.deepEqual(
          sums.map(({ value }) => value),
          names,
        );
        assert.equal(most(), Math.max(1, Math.floor(limit / count)));
      }),
      { numRuns: 30 },
    );
  });

  it('is the store itself where nothing is shared', () => {
    const { store } = counting();
    assert.equal(shardStore(store, undefined, 4), store);
  });
});
