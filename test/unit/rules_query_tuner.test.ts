import assert from 'node:assert/strict';
import fc from 'fast-check';
import { queryBounds } from '../../lib/rules/query_bounds.js';
import { QueryTuner } from '../../lib/rules/query_tuner.js';
import { UsualTime } from '../../lib/rules/usual_time.js';

function inTime(tuner: QueryTuner, times: number): void {
  for (let i = 0; i < times; i += 1) tuner.inTime();
}

describe('QueryTuner', () => {
  it('halves at a late answer, once for all that were in flight', () => {
    const tuner = new QueryTuner({ first: 8, most: 8 });
    for (let i = 0; i < 8; i += 1) tuner.late();
    assert.equal(tuner.limit, 4);
    tuner.late();
    assert.equal(tuner.limit, 2);
  });

  it('grows to the bound at a server that never stalls', () => {
    const tuner = new QueryTuner({ first: 1, most: 6 });
    inTime(tuner, 16);
    assert.equal(tuner.limit, 2);
    inTime(tuner, 1000);
    assert.equal(tuner.limit, 6);
  });

  it('tries ever more rarely at a server that stalls above one', () => {
    const tuner = new QueryTuner({ first: 4, most: 4 });
    const stalls: number[] = [];
    for (let i = 0; i < 20_000; i += 1) {
      if (tuner.limit > 1) {
        stalls.push(i);
        tuner.late();
      } else tuner.inTime();
    }
    assert.ok(stalls.length < 14, stalls.join(' '));
  });

  it('never leaves its bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.array(fc.boolean(), { maxLength: 3000 }),
        (most, answers) => {
          const tuner = new QueryTuner({ first: 4, most });
          for (const late of answers) {
            if (late) tuner.late();
            else tuner.inTime();
            assert.ok(tuner.limit >= 1 && tuner.limit <= most);
          }
        },
      ),
    );
  });
});

describe('queryBounds', () => {
  const table: [version: string | undefined, first: number, most: number][] = [
    [undefined, 4, 4],
    ['', 4, 4],
    ['dCache 9.2', 4, 4],
    ['v5.5.3', 4, 4],
    ['v5.8.3', 4, 4],
    ['v5.8.4', 1, 1],
    ['5.9.1-2', 1, 1],
    ['v6.0.0', 1, 1],
    ['v6.2.0', 1, 1],
    ['v6.3.0', 1, 4],
    ['v7.0.0', 1, 4],
  ];
  for (const [version, first, most] of table)
    it(`of ${JSON.stringify(version)}`, () => {
      assert.deepEqual(queryBounds(version, 4), { first, most });
    });
});

describe('UsualTime', () => {
  it('calls one second late at a quick server, and far more at one that is always slow', () => {
    const usual = new UsualTime();
    assert.equal(usual.lateAfter, 1000);
    for (let i = 0; i < 100; i += 1) usual.answered(2);
    assert.equal(usual.lateAfter, 1000);
    const slow = new UsualTime();
    for (let i = 0; i < 4; i += 1) slow.answered(2000);
    assert.ok(slow.lateAfter > 2000);
  });
});
