import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NumberSet } from '../../lib/cache/number_set.js';

describe('a set of numbers', () => {
  it('holds what was added, once, and nothing else', () => {
    const keys = fc.array(fc.maxSafeNat(), { maxLength: 3000 });
    fc.assert(
      fc.property(keys, keys, (added, others) => {
        const set = new NumberSet();
        for (const key of [...added, ...added]) set.add(key);
        const expected = new Set(added);
        assert.equal(set.size, expected.size);
        for (const key of [...added, ...others]) assert.equal(set.has(key), expected.has(key));
        assert.deepEqual([...set].sort(), [...expected].sort());
        const bytes = set.bytes();
        assert.equal(bytes.length, 8 * set.size);
        for (let at = 0; at < bytes.length; at += 8) assert.ok(expected.has(bytes.readDoubleLE(at)));
      }),
    );
  });
});
