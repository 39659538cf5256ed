import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { unwritable, type Change } from '../../lib/catalogue/changes.js';
import { CommitQueue } from '../../lib/catalogue/commit_queue.js';
import { factsOf, rowOf } from '../support/catalogue.js';

const change = (name: string | number): Change => ({ kind: 'stays', path: String(name) });
const namesOf = (changes: readonly Change[]) => changes.map((each) => ('path' in each ? each.path : ''));

/** A queue whose commits the test ends. */
function held(between = 0) {
  const commits: { names: string[]; end: (error?: Error) => Promise<void> }[] = [];
  const queue = new CommitQueue(
    (changes) =>
      new Promise<void>((resolve, reject) => {
        commits.push({
          names: namesOf(changes),
          end: async (error) => {
            if (error === undefined) resolve();
            else reject(error);
            await settled();
          },
        });
      }),
    between,
  );
  return { queue, commits };
}

/** A queue whose commits succeed at once, unless `fail` says otherwise. */
function quick() {
  const written: string[] = [];
  const state = { fail: undefined as Error | undefined, commits: 0, written };
  const queue = new CommitQueue((changes) => {
    state.commits += 1;
    if (state.fail !== undefined) return Promise.reject(state.fail);
    written.push(...namesOf(changes));
    return Promise.resolve();
  });
  return { queue, state };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const outcome = (promise: Promise<void>) => {
  const seen = { is: 'waits' };
  promise.then(
    () => (seen.is = 'durable'),
    (error: unknown) => (seen.is = (error as Error).message),
  );
  return seen;
};

describe('the commit queue of the catalogue', () => {
  it('resolves only when the commit that has the change has ended', async () => {
    const { queue, commits } = held();
    const first = outcome(queue.durable(change(1)));
    const second = outcome(queue.durable(change(2)));
    await settled();
    assert.deepEqual([first.is, second.is, commits.map(({ names }) => names)], ['waits', 'waits', [['1']]]);
    const third = outcome(queue.durable(change(3)));
    await commits[0]?.end();
    assert.deepEqual([first.is, second.is, third.is], ['durable', 'waits', 'waits']);
    assert.deepEqual(commits[1]?.names, ['2', '3'], 'those that came meanwhile share a commit');
    await commits[1].end();
    assert.deepEqual([second.is, third.is], ['durable', 'durable']);
  });

  it('gathers those who come one by one, if several have waited for the commit before', async () => {
    const hour = 3_600_000;
    const { queue, commits } = held(hour);
    const all = Array.from({ length: 4 }, (_, i) => outcome(queue.durable(change(i))));
    await commits[0]?.end();
    assert.deepEqual(
      [all[0]?.is, commits.length],
      ['durable', 1],
      'three wait: the next commit is to come later',
    );
    for (let i = 4; i < 60; i++) all.push(outcome(queue.durable(change(i))));
    assert.deepEqual(
      commits.map(({ names }) => names.length),
      [1, 48],
      'enough wait',
    );
    await commits[1]?.end();
    assert.equal(all.filter(({ is }) => is === 'durable').length, 49);
    queue.stop();
  });

  it('gathers for a moment only', async () => {
    const { queue, commits } = held(20);
    const all = Array.from({ length: 4 }, (_, i) => outcome(queue.durable(change(i))));
    await commits[0]?.end();
    while (commits.length === 1) await settled();
    await commits[1]?.end();
    assert.ok(all.every(({ is }) => is === 'durable'));
  });

  it('lets nobody wait who waits alone', async () => {
    const { queue, state } = quick();
    for (let i = 0; i < 3; i++) {
      const told = outcome(queue.durable(change(i)));
      await settled();
      assert.equal(told.is, 'durable');
    }
    assert.equal(state.commits, 3);
  });

  it('writes what nobody waits for before what somebody waits for, in order', async () => {
    const { queue, state } = quick();
    queue.add(change(1));
    queue.add(change(2));
    await queue.durable(change(3));
    assert.deepEqual([state.written, state.commits], [['1', '2', '3'], 1]);
  });

  it('writes what nobody waits for within a second', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const { queue, commits } = held();
      queue.add(change(1));
      await settled();
      assert.equal(commits.length, 0);
      mock.timers.tick(1000);
      await settled();
      assert.equal(commits.length, 1);
      await commits[0]?.end();
      await queue.flush();
    } finally {
      mock.timers.reset();
    }
  });

  it('makes few commits of many changes, none larger than it may be', async () => {
    const sizes: number[] = [];
    const queue = new CommitQueue((changes) => Promise.resolve(sizes.push(changes.length)));
    await Promise.all(Array.from({ length: 10_001 }, (_, i) => queue.durable(change(i))));
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      10_001,
    );
    assert.ok(sizes.length <= 7 && Math.max(...sizes) <= 2000, String(sizes));
  });

  it('tells all who wait of a failure, keeps what they gave, and writes it before what comes later', async () => {
    const { queue, state } = quick();
    state.fail = new Error('full');
    queue.add(change(1));
    const both = [outcome(queue.durable(change(2))), outcome(queue.durable(change(3)))];
    const flushed = outcome(queue.flush());
    await settled();
    assert.deepEqual(
      [...both, flushed].map(({ is }) => is),
      ['full', 'full', 'full'],
    );
    assert.ok(queue.isIncomplete);
    state.fail = undefined;
    await queue.durable(change(4));
    assert.deepEqual(state.written, ['1', '2', '3', '4']);
    assert.ok(!queue.isIncomplete);
    await queue.flush();
  });

  it('that fails in the middle of several commits keeps the rest, each change once', async () => {
    let left = 2;
    const written: string[] = [];
    const queue = new CommitQueue((changes) => {
      if (left-- <= 0) return Promise.reject(new Error('full'));
      written.push(...namesOf(changes));
      return Promise.resolve();
    });
    const first = queue.durable(change('first'));
    for (let i = 0; i < 5000; i++) queue.add(change(i));
    const told = outcome(queue.flush());
    await first;
    while (told.is === 'waits') await settled();
    assert.equal(told.is, 'full');
    left = 100;
    await queue.flush();
    assert.deepEqual(written, ['first', ...Array.from({ length: 5000 }, (_, i) => String(i))]);
  });

  it('gives up nothing while a commit is only slow', async () => {
    const { queue, commits } = held();
    const first = outcome(queue.durable(change('first')));
    const second = outcome(queue.durable(change('second')));
    for (let i = 0; i < 250_000; i++) queue.add(change(i));
    const names: string[] = [];
    for (let i = 0; i < commits.length; i++) {
      names.push(...(commits[i]?.names ?? []));
      await commits[i]?.end();
    }
    assert.equal(names.length, 250_002);
    assert.deepEqual([first.is, second.is, queue.isIncomplete], ['durable', 'durable', false]);
  });

  it('gives up the oldest after a failure, says so at each flush, and never what somebody waits for', async () => {
    const { queue, state } = quick();
    state.fail = new Error('full');
    await assert.rejects(queue.durable(change('told')), /full/);
    for (let i = 0; i < 205_000; i++) queue.add(change(i));
    await settled();
    state.fail = undefined;
    const waiting = queue.durable(change('waits'));
    for (let i = 0; i < 30_000; i++) queue.add(change(`later ${i}`));
    await waiting;
    assert.ok(state.written.includes('waits'));
    await assert.rejects(queue.flush(), /full/);
    await assert.rejects(queue.flush(), /full/);
    assert.ok(queue.isIncomplete);
    assert.ok(state.written.length >= 185_000 && state.written.includes('later 29999'));
  });

  it('adds beyond what it keeps without moving the rest each time', async () => {
    const { queue, state } = quick();
    state.fail = new Error('full');
    await queue.durable(change('told')).catch(() => undefined);
    const begun = performance.now();
    for (let i = 0; i < 500_000; i++) queue.add(change(i));
    assert.ok(performance.now() - begun < 5000);
    queue.stop();
  });
});

describe('a change', () => {
  const facts = (more: Parameters<typeof factsOf>[1], path = 'a'): Change => ({
    ...{ kind: 'compared', at: 1, copied: true, onTape: null },
    facts: factsOf(path, more),
  });
  for (const [name, given, expected] of [
    ['ordinary', facts({}), undefined],
    ['with a time before 1970', facts({ mtime: -1 }), undefined],
    ['with unknown times', facts({ mtime: null, mode: null, remoteMtime: null }), undefined],
    ['with a size up to 2^53', facts({ size: 2 ** 53 - 1 }), undefined],
    ['with a size beyond', facts({ size: 2 ** 53 }), /size/],
    ['with a part of a microsecond', facts({ mtime: 1.5 }), undefined],
    ['with no time', facts({ mtime: NaN }), /mtime/],
    ['with no number', { ...facts({}), at: NaN } as Change, /at is NaN/],
    ['of a row with no number', { kind: 'imported', row: rowOf('a', { copied: Infinity }) }, /copied/],
    ['without a path', facts({}, ''), /path/],
    ['with half a character', facts({}, 'a\ud800'), /path/],
    ['with a NUL', { kind: 'on_tape', at: 1, path: 'a\0b' }, /path/],
    ['with an endless path', facts({}, 'x'.repeat(100_000)), /too long/],
    ['of no record', { kind: 'meta', key: 'k', value: 'v' }, undefined],
  ] as const)
    it(`${name} ${expected === undefined ? 'can be written' : "can't be written"}`, () => {
      if (expected === undefined) assert.equal(unwritable(given), undefined);
      else assert.match(unwritable(given) ?? '', expected);
    });
});
