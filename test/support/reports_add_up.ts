/** The numbers of a report. */
import assert from 'node:assert/strict';
import type { Report } from '../../lib/index.js';

export function assertAddsUp(report: Report): void {
  const { scanned, copied, removed, kept, failed, conflicts, removedAfterCopy, keptReasons, failures } =
    report;
  const { staged = 0, requested = 0, verified = 0, evicted = 0, noted = 0, job } = report;
  const others = staged + requested + verified + noted + (job === 'evict' ? evicted : 0);
  assert.equal(scanned, copied + removed + others + kept + failed + conflicts, JSON.stringify(report));
  assert.ok(removedAfterCopy <= copied);
  assert.equal(
    kept,
    Object.values(keptReasons).reduce((sum, count) => sum + count, 0),
  );
  assert.equal(failures.length, Math.min(1000, failed + conflicts));
}
