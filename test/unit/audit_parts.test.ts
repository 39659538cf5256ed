import assert from 'node:assert/strict';
import { NextRun } from '../../lib/flow/next_run.js';
import { Frontier } from '../../lib/jobs/verify/frontier.js';

describe('the frontier of a walk', () => {
  it('is behind the last row before which all are done', () => {
    const frontier = new Frontier('start');
    const [a, b, c] = [frontier.begin(2, 'b'), frontier.begin(2, 'd'), frontier.begin(1, 'e')];
    assert.deepEqual([frontier.last, frontier.rows], ['start', 0]);
    b();
    assert.deepEqual([frontier.last, frontier.rows], ['start', 0]);
    a();
    assert.deepEqual([frontier.last, frontier.rows], ['d', 4]);
    c();
    assert.deepEqual([frontier.last, frontier.rows], ['e', 5]);
  });
});

describe('NextRun', () => {
  it('gives each caller the result of a run that began after it had asked, and runs once for many', async () => {
    const ends: ((value: number) => void)[] = [];
    const runs = new NextRun(() => new Promise<number>((resolve) => ends.push(resolve)));
    const first = runs.ask();
    const later = [runs.ask(), runs.ask()];
    assert.equal(ends.length, 1);
    ends[0]?.(1);
    assert.equal(await first, 1);
    await new Promise(setImmediate);
    assert.equal(ends.length, 2);
    ends[1]?.(2);
    assert.deepEqual(await Promise.all(later), [2, 2]);
  });

  it('after a failure the next caller runs it anew', async () => {
    let run = 0;
    const runs = new NextRun(async () => {
      await new Promise(setImmediate);
      run += 1;
      if (run === 1) throw new Error('first');
      return run;
    });
    const [first, second] = [runs.ask(), runs.ask()];
    await assert.rejects(first, /first/);
    assert.equal(await second, 2);
    assert.equal(await runs.ask(), 3);
  });
});
