import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Room } from '../../lib/rules/removal.js';
import { bytesAbove, OldestFiles, roomOf, type Aged } from '../../lib/rules/watermarks.js';

const GB = 1e9;

describe('watermarks', () => {
  const table: [name: string, usedGB: number, high: number, low: number, room: Room, toGo: number][] = [
    ['empty', 0, 80, 60, 'enough', -60],
    ['between the marks', 70, 80, 60, 'enough', 10],
    ['just below the high mark', 79.999, 80, 60, 'enough', 19.999],
    ['at the high mark', 80, 80, 60, 'oldest_first', 20],
    ['full', 100, 80, 60, 'oldest_first', 40],
    ['a low mark of 0', 90, 80, 0, 'oldest_first', 90],
    ['a high mark of 100, full', 100, 100, 99.5, 'oldest_first', 0.5],
  ];
  for (const [name, used, high, low, room, toGo] of table)
    it(name, () => {
      const usage = { used: used * GB, available: (100 - used) * GB };
      assert.equal(roomOf(usage, { high, low }), room);
      assert.ok(Math.abs(bytesAbove(usage, low) - toGo * GB) < 1);
    });

  it('without marks everything that may go goes', () => {
    assert.equal(roomOf({ used: 0, available: 1 }, undefined), 'needed');
  });
});

describe('the oldest files', () => {
  const files: fc.Arbitrary<Aged[]> = fc
    .array(fc.record({ size: fc.nat(50), changedAt: fc.integer({ min: -5, max: 200 }) }), { maxLength: 120 })
    .map((all) => all.map((file, index) => ({ path: `f${String(index).padStart(3, '0')}`, ...file })));
  const byAge = (all: readonly Aged[]) =>
    [...all].sort((a, b) => a.changedAt - b.changedAt || a.path.localeCompare(b.path));

  it('are those that have the bytes, oldest first, whatever the order they come in; no file is lost', () => {
    fc.assert(
      fc.property(files, fc.nat(3000), fc.integer({ min: 1, max: 40 }), (all, bytes, most) => {
        const oldest = new OldestFiles(bytes, most);
        const others = all.flatMap((file) => oldest.add(file));
        const held = all.length - others.length;
        assert.ok(held < 2 * most);
        const taken = oldest.take(bytes);
        assert.deepEqual(taken, byAge(all).slice(0, taken.length));
        const sum = taken.reduce((total, { size }) => total + size, 0);
        const last = taken.at(-1);
        // No more than needed, and no less unless there are no more.
        if (last !== undefined) assert.ok(sum - last.size < bytes);
        if (sum < bytes) assert.equal(taken.length, Math.min(most, all.length));
        const rest: Aged[] = [];
        for (let more = oldest.take(Infinity); more.length > 0; more = oldest.take(Infinity))
          rest.push(...more);
        assert.deepEqual(byAge([...others, ...taken, ...rest]), byAge(all));
      }),
      { numRuns: 1000 },
    );
  });

  it('are found in one long stream without keeping it', () => {
    const oldest = new OldestFiles<Aged>(50, 10_000);
    let [held, highest] = [0, 0];
    for (let i = 0; i < 100_000; i += 1) {
      const file = { path: `f${i}`, size: 10, changedAt: (i * 7919) % 100_003 };
      held += 1 - oldest.add(file).length;
      highest = Math.max(highest, held);
    }
    assert.ok(highest <= 1000);
    assert.deepEqual(
      oldest.take(50).map(({ changedAt }) => changedAt),
      [0, 1, 2, 3, 4],
    );
  });

  it('of nothing to go, none', () => {
    const oldest = new OldestFiles<Aged>(100, 10);
    oldest.add({ path: 'f', size: 1, changedAt: 0 });
    assert.deepEqual([oldest.take(0), oldest.take(-5)], [[], []]);
  });
});
