import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SerialByKey } from '../../lib/xrdcl/serial_by_key.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('SerialByKey', () => {
  it('runs tasks of one key in their order, one at a time, whatever some of them throw', async () => {
    const tasks = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), fails: fc.boolean() }));
    await fc.assert(
      fc.asyncProperty(tasks, async (all) => {
        const turns = new SerialByKey();
        const order: Record<string, number[]> = {};
        const running = new Set<string>();
        const ends = all.map(({ key, fails }, i) =>
          turns.run(key, undefined, async () => {
            assert.ok(!running.has(key));
            running.add(key);
            (order[key] ??= []).push(i);
            for (let turns = 0; turns < i % 3; turns += 1) await turn();
            running.delete(key);
            if (fails) throw new Error(`${i}`);
            return i;
          }),
        );
        const settled = await Promise.allSettled(ends);
        settled.forEach(({ status }, i) => {
          assert.equal(status, all[i]?.fails ? 'rejected' : 'fulfilled');
        });
        for (const [key, started] of Object.entries(order)) {
          assert.deepEqual(
            started,
            all.flatMap((task, i) => (task.key === key ? [i] : [])),
          );
        }
      }),
    );
  });

  it('an abort ends the wait and not the task, and whoever comes after has the turn', async () => {
    const turns = new SerialByKey();
    const started: string[] = [];
    let end = (): void => undefined;
    const first = turns.run('key', undefined, () => new Promise<void>((resolve) => (end = resolve)));
    const ending = new AbortController();
    const second = turns.run('key', ending.signal, () => Promise.resolve(started.push('second')));
    const third = turns.run('key', undefined, () => Promise.resolve(started.push('third')));
    ending.abort(new Error('enough'));
    await assert.rejects(second, /enough/);
    assert.equal(started.length, 0);
    end();
    await Promise.all([first, third]);
    assert.deepEqual(started, ['third']);
    await assert.rejects(
      turns.run('key', ending.signal, () => Promise.resolve(started.push('never'))),
      /enough/,
    );
    assert.deepEqual(started, ['third']);
  });
});
