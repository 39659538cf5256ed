import assert from 'node:assert/strict';
import { plain } from '../../lib/cli/colours.js';
import { Plan } from '../../lib/cli/plan.js';
import type { ArchiveEvent } from '../../lib/jobs/events/events.js';
import { planned } from '../../lib/jobs/run/planned.js';

const copy = (path: string): ArchiveEvent => ({
  ...{ type: 'file:planned', action: 'copy', path, size: 1000, reason: 'not on the server yet', jobId: '1' },
});
const kept = (path: string): ArchiveEvent => ({
  type: 'file:kept',
  path,
  reason: 'not on tape yet',
  jobId: '1',
});

function linesOf(rows: number | undefined, events: ArchiveEvent[]): string[] {
  const lines: string[] = [];
  const plan = new Plan({ rows, paint: plain, line: (text) => lines.push(text) });
  events.forEach(plan.add);
  plan.end();
  return lines;
}

const many = (of: (path: string) => ArchiveEvent, number: number) =>
  Array.from({ length: number }, (_, index) => of(`f${index}`));

describe('the list of a dry run', () => {
  it('names every file, with what is done and why; what is planned comes first', () => {
    assert.deepEqual(linesOf(40, [kept('old'), copy('new\u001b')]), [
      'copy         1.0 kB  new\\u001b  (not on the server yet)',
      'keep                 old  (not on tape yet)',
      '',
    ]);
  });

  it('on a terminal it is no longer than a screen, and says how many more there are', () => {
    const lines = linesOf(40, [...many(kept, 5), ...many(copy, 100)]);
    assert.equal(lines.length, 26 + 2);
    assert.equal(
      lines.at(-2),
      '… and 74 more files: --log-level debug names each, and so does a pipe (| less)',
    );
    const without = linesOf(40, [...many(kept, 100), copy('new')]);
    assert.deepEqual(without.slice(1), ['']);
  });

  it('elsewhere it is whole', () => {
    const lines = linesOf(undefined, [...many(kept, 100), ...many(copy, 100)]);
    assert.deepEqual([lines.length, lines.at(-1)], [201, '']);
  });

  it('of nothing is nothing', () => {
    assert.deepEqual(linesOf(40, []), []);
  });
});

describe('what a dry run tells of a file', () => {
  const file = { path: 'a', size: 3 };

  it('is what the job would do to it', () => {
    const copied = { result: 'copied', bytes: 3, removed: false } as const;
    assert.deepEqual(planned('restore', { ...copied, reason: 'r' }, file), {
      ...{ type: 'file:planned', ...file, action: 'restore', reason: 'r' },
    });
    assert.equal(planned('backup', copied, file)?.action, 'copy');
    assert.equal(planned('backup', { result: 'removed', bytes: 3 }, file)?.action, 'remove');
    assert.equal(planned('stage', { result: 'requested', bytes: 3 }, file)?.action, 'stage');
    assert.equal(planned('evict', { result: 'evicted' }, file)?.action, 'evict');
    assert.equal(planned('drill', { result: 'verified', bytes: 3 }, file)?.action, 'read back');
  });

  it('is nothing where nothing would be done, or another event tells it', () => {
    assert.equal(planned('backup', { result: 'kept', reason: 'r' }, file), undefined);
    assert.equal(planned('retention', { result: 'removed', bytes: 3 }, file), undefined);
    assert.equal(planned('verify', { result: 'verified', bytes: 3 }, file), undefined);
  });
});
