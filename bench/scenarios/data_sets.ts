/** The sets of records that more than one scenario works on. */
import type { Bench } from '../harness/bench.js';
import type { DataSet } from '../harness/data.js';

export function largeData(bench: Bench): DataSet {
  return bench.data('large', { files: bench.amount(10, 3), bytesEach: bench.amount(2e8, 2e6) });
}

export function smallData(bench: Bench): DataSet {
  return bench.data('small', { files: bench.amount(10_000, 100), bytesEach: 1e5, filesPerDirectory: 500 });
}

/** Of the same kind as `smallData`, for searches. */
export function fewData(bench: Bench): DataSet {
  return bench.data('few', { files: bench.amount(2000, 50), bytesEach: 1e5, filesPerDirectory: 500 });
}
