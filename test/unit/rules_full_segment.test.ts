import assert from 'node:assert/strict';
import { isFullDue, mayFullBeDue } from '../../lib/rules/full_segment.js';

describe('when a full segment is due', () => {
  const table: [segments: number, rows: number, hasFull: boolean, known: number, due: boolean][] = [
    [0, 0, false, 10, true],
    [0, 0, true, 0, false],
    [49, 1_000_000, true, 10, false],
    [50, 10, true, 10, false],
    [50, 11, true, 10, true],
    [5000, 5000, true, 1_000_000, false],
  ];
  for (const [segments, rows, hasFull, known, due] of table)
    it(`${segments} segments with ${rows} rows since ${hasFull ? 'the last' : 'none'}, of ${known}: ${due ? 'yes' : 'no'}`, () => {
      assert.equal(isFullDue({ segments, rows, hasFull }, known), due);
    });

  it('the rows needn’t be counted before there are enough segments', () => {
    assert.equal(mayFullBeDue({ segments: 49, rows: 1e9, hasFull: true }), false);
    assert.equal(mayFullBeDue({ segments: 50, rows: 0, hasFull: true }), true);
  });
});
