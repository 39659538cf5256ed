import assert from 'node:assert/strict';
import { summary } from '../../lib/cli/summary.js';
import type { Report } from '../../lib/jobs/report.js';

const report: Report = {
  job: 'backup',
  startedAt: '2026-01-31T12:00:00.000Z',
  finishedAt: '2026-01-31T12:00:10.000Z',
  dryRun: false,
  interrupted: false,
  scanned: 0,
  copied: 0,
  removed: 0,
  removedAfterCopy: 0,
  kept: 0,
  failed: 0,
  conflicts: 0,
  bytesCopied: 0,
  bytesRemoved: 0,
  keptReasons: {},
  failures: [],
};

function text(changes: Partial<Report>): string {
  return summary({ ...report, ...changes }).join('\n');
}

describe('the summary of a pass', () => {
  it('has its numbers', () => {
    const told = text({ scanned: 1203, copied: 1203, bytesCopied: 604_000_000 });
    assert.match(told, /^Backup finished after 10 s$/m);
    assert.match(told, /^ {2}scanned {4}1,203$/m);
    assert.match(told, /^ {2}copied {5}1,203 {2}604\.0 MB, 60\.4 MB\/s$/m);
  });

  it('says why files stayed, most first', () => {
    const told = text({
      scanned: 14,
      kept: 14,
      keptReasons: { 'changed too recently': 2, 'not on tape yet': 12 },
    });
    assert.match(told, /Kept, because:\n {2}not on tape yet +12\n {2}changed too recently +2/);
  });

  it('tells failures with path, message and code, twenty at most', () => {
    const failures = Array.from({ length: 30 }, (_, index) => ({
      path: `f${index}\n`,
      code: 'EACCES',
      message: 'no',
    }));
    const told = text({ scanned: 30, failed: 30, failures });
    assert.match(told, /^ {2}f0\\u000a: no \[EACCES\]$/m);
    assert.match(told, /and 10 more/);
    assert.doesNotMatch(told, /f20/);
    assert.match(told, /30 files failed and stayed/);
  });

  it('says of a dry run that it was one', () => {
    assert.match(text({ dryRun: true, copied: 1, scanned: 1 }), /dry run .*nothing was changed/);
  });

  it('says of an interrupted pass that nothing is lost', () => {
    assert.match(text({ interrupted: true }), /^Backup interrupted[\s\S]*nothing is lost/);
  });

  it('counts what went after its copy', () => {
    const told = text({ scanned: 3, copied: 2, removed: 1, removedAfterCopy: 2, bytesRemoved: 3000 });
    assert.match(told, /and after copy +2 {2}3\.0 kB in all/);
  });

  it('says nothing more of a pass without incident', () => {
    assert.doesNotMatch(text({ scanned: 2, removed: 2 }), /Failed|Next|Kept,/);
  });
});
