import assert from 'node:assert/strict';
import { TapeWaitCount } from '../../lib/rules/tape_wait.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 10);
const file = (path: string, daysAgo: number, size = 10) => ({ path, size, changedAt: NOW - daysAgo * DAY });

describe('records that are not on tape', () => {
  it('none', () => {
    assert.deepEqual(new TapeWaitCount(NOW).result(), { files: 0, bytes: 0, overdue: 0 });
  });

  it('are counted, with the oldest of them and those that are overdue', () => {
    const wait = new TapeWaitCount(NOW - 3 * DAY);
    for (const [path, daysAgo] of [
      ['a', 1],
      ['just', 3],
      ['b', 2.99],
      ['oldest', 9],
      ['c', 4],
    ] as const)
      wait.add(file(path, daysAgo));
    const oldest = { path: 'oldest', since: '2026-06-01T00:00:00.000Z' };
    assert.deepEqual(wait.result(), { files: 5, bytes: 50, overdue: 3, oldest });
  });

  it('are never overdue where nobody asked', () => {
    const wait = new TapeWaitCount();
    wait.add(file('a', 10_000));
    assert.equal(wait.result().overdue, 0);
  });

  it('count without an age where no time says anything', () => {
    const wait = new TapeWaitCount(NOW);
    wait.add({ path: 'a', size: 1, changedAt: -Infinity });
    assert.deepEqual(wait.result(), { files: 1, bytes: 1, overdue: 0 });
  });
});
