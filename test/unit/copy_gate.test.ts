import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CopyGate } from '../../lib/remote/copy_gate.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('CopyGate', () => {
  it('runs all, within the limits of their kind and the memory of all; one that is too large alone', async () => {
    const copy = fc.record({
      kind: fc.constantFrom('large' as const, 'small' as const),
      memory: fc.integer({ min: 0, max: 130 }),
      turns: fc.integer({ min: 0, max: 4 }),
      fails: fc.boolean(),
    });
    const limit = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(copy, { maxLength: 40 }), limit, limit, async (copies, large, small) => {
        const limits = { large, small };
        const gate = new CopyGate(100, { large: { limit: large }, small: { limit: small } });
        const running = { large: 0, small: 0 };
        let held = 0;
        const ends = copies.map(({ kind, memory, turns, fails }) =>
          gate.run(kind, memory, async () => {
            running[kind] += 1;
            held += memory;
            assert.ok(running[kind] <= limits[kind]);
            assert.ok(held <= 100 || held === memory);
            for (let i = 0; i < turns; i += 1) await turn();
            running[kind] -= 1;
            held -= memory;
            if (fails) throw new Error('failed');
          }),
        );
        const settled = await Promise.allSettled(ends);
        assert.deepEqual(
          settled.map(({ status }) => status),
          copies.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
        );
      }),
    );
  });

  it('a large one gets its memory though small ones come without end', async () => {
    const gate = new CopyGate(100, { large: { limit: 1 }, small: { limit: 10 } });
    const order: string[] = [];
    let smallOnes = 0;
    const small = (): Promise<void> =>
      gate.run('small', 10, async () => {
        await turn();
        order.push('small');
        if ((smallOnes += 1) < 200) void small();
      });
    const first = Array.from({ length: 10 }, small);
    const large = gate.run('large', 95, () => Promise.resolve(order.push('large')));
    await Promise.all([...first, large]);
    assert.ok(order.indexOf('large') <= 20, String(order.indexOf('large')));
  });

  it('follows a limit that changes, and tells when there is nobody for the room that there is', async () => {
    const lane = { limit: 1, idles: 0, idle: () => void (lane.idles += 1) };
    const gate = new CopyGate(100, { only: lane });
    let running = 0;
    let most = 0;
    const run = () =>
      gate.run('only', 0, async () => {
        most = Math.max(most, (running += 1));
        await turn();
        running -= 1;
      });
    const ends = Array.from({ length: 10 }, run);
    await ends[0];
    assert.deepEqual([most, lane.idles], [1, 0]);
    lane.limit = 4;
    await Promise.all(ends);
    assert.equal(most, 4);
    assert.ok(lane.idles > 0);
  });
});
