import assert from 'node:assert/strict';
import { summary } from '../../lib/cli/summary.js';
import type { Report } from '../../lib/jobs/events/report.js';

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

  it('says what to look at when the server refuses files', () => {
    const failures = [
      { path: 'a', code: 'NotAuthorized', message: 'Unable to create /a; permission denied' },
    ];
    const told = text({ scanned: 2, failed: 1, copied: 1, failures });
    assert.match(
      told,
      /^ {2}the server refused 1 file \(NotAuthorized\): doctor tries whether this user may write there$/m,
    );
    assert.doesNotMatch(text({ scanned: 1, copied: 1 }), /NotAuthorized/);
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

  it('tells what is not on tape, since when, and what to do about what is too old', () => {
    const oldest = { path: 'a', since: '2026-01-02T03:04:05.000Z' };
    const notOnTape = { files: 3, bytes: 3000, overdue: 0, oldest };
    const told = text({ scanned: 3, kept: 3, notOnTape });
    assert.match(told, /^ {2}not on tape +3 {2}3\.0 kB, the oldest since 2026-01-02$/m);
    assert.doesNotMatch(told, /max_age_warning/);
    const late = text({ scanned: 3, kept: 3, notOnTape: { ...notOnTape, overdue: 2 } });
    assert.match(late, /2 files are older than max_age_warning and not on tape/);
    const stopped = text({ interrupted: true, notOnTape: { ...notOnTape, overdue: 2 } });
    assert.match(stopped, /^ {2}not on tape +3 {2}3\.0 kB, the oldest since 2026-01-02, as far as it got$/m);
    assert.doesNotMatch(stopped, /max_age_warning/);
    assert.match(text({ notOnTape: { files: 0, bytes: 0, overdue: 0 } }), /^ {2}not on tape +0$/m);
  });

  it('says of records that are damaged in the cache that the next pass mends nothing', () => {
    const failure = { path: 'a', code: 'DamagedInCache', message: 'damaged in the cache' };
    const one = text({ scanned: 1, failed: 1, failures: [failure] });
    assert.match(one, /Next:\n {2}1 file is damaged in the cache: its message says/);
    const two = text({ scanned: 2, failed: 2, failures: [failure, { ...failure, path: 'b' }] });
    assert.match(two, /Next:\n {2}2 files are damaged in the cache: their messages say/);
  });

  it('says of records that the server has lost that no local file has stayed', () => {
    const lost = { path: 'a', code: 'LostCopy', message: 'the server has no such file' };
    const told = text({ scanned: 1, failed: 1, lost: 1, failures: [lost] });
    assert.match(told, /Next:\n {2}the server has lost 1 record that has left the cache \(LostCopy\)/);
    assert.doesNotMatch(told, /stayed as they were/);
    const other = { path: 'b', code: 'IOError', message: 'no' };
    const both = text({ scanned: 2, failed: 2, lost: 1, failures: [lost, other] });
    assert.match(both, /lost 1 record[^]*\n {2}1 file failed and stayed/);
    const catalogue = { path: '/c', code: 'CatalogueUnusable', message: 'it was damaged' };
    const unusable = text({ scanned: 1, failed: 1, failures: [catalogue] });
    assert.match(unusable, /Next:\n {2}nothing is removed while the catalogue cannot be used/);
    assert.doesNotMatch(unusable, /stayed as they were/);
  });

  it('says nothing more of a pass without incident', () => {
    assert.doesNotMatch(text({ scanned: 2, removed: 2 }), /Failed|Next|Kept,/);
  });
});

describe('the summary of what else there is', () => {
  it('restore: what came, what was there, what was evicted', () => {
    const told = text({
      ...{ job: 'restore', scanned: 4, copied: 2, bytesCopied: 2000, kept: 1, conflicts: 1, evicted: 2 },
      keptReasons: { 'already here, identical': 1 },
    });
    assert.match(told, /^Restore finished/);
    assert.match(told, /^ {2}restored +2 {2}2\.0 kB, 200 B\/s$/m);
    assert.match(told, /^ {2}skipped +1$/m);
    assert.match(told, /^ {2}evicted +2$/m);
    assert.match(told, /Skipped, because:\n {2}already here, identical +1/);
    assert.match(told, /--overwrite/);
    assert.doesNotMatch(told, /removed|pass/);
  });

  it('a restore that names what is lost: no other attempt helps', () => {
    const failureOf = (code: string) => ({ path: 'a', code, message: 'm' });
    const told = text({
      ...{ job: 'restore', scanned: 2, failed: 2 },
      failures: [failureOf('LostCopy'), failureOf('CatalogueUnusable')],
    });
    assert.match(told, /the server has lost files that the catalogue knows/);
    assert.match(told, /nothing was compared with the catalogue/);
  });

  it('an interrupted restore: the same command goes on', () => {
    assert.match(text({ job: 'restore', interrupted: true }), /every file that is there is complete/);
  });

  it('retention: what went, and that new settings are to be confirmed', () => {
    const told = text({
      job: 'retention',
      scanned: 3,
      removed: 2,
      bytesRemoved: 3000,
      kept: 1,
      dryRun: true,
    });
    assert.match(told, /^Retention, dry run finished/);
    assert.match(told, /^ {2}removed +2 {2}3\.0 kB$/m);
    assert.doesNotMatch(told, /copied|--confirm/);
    assert.match(
      text({ job: 'retention', dryRun: true, unconfirmed: true }),
      /nobody has confirmed[^]*--confirm/,
    );
  });

  it('stage: asked for, or online', () => {
    const asked = text({ job: 'stage', scanned: 3, requested: 3, staged: 0, bytesStaged: 3000 });
    assert.match(asked, /^ {2}requested +3 {2}3\.0 kB$/m);
    assert.match(asked, /stage --wait/);
    assert.doesNotMatch(asked, /conflicts|staged/);
    assert.match(
      text({ job: 'stage', scanned: 3, requested: 0, staged: 3, bytesStaged: 1 }),
      /^ {2}staged +3 /m,
    );
  });

  it('evict', () => {
    const told = text({ job: 'evict', scanned: 3, evicted: 2, failed: 1 });
    assert.match(told, /^ {2}evicted +2$/m);
    assert.equal(told.match(/evicted/g)?.length, 1);
  });

  it('verify and drill, with what draws the sample again', () => {
    const verified = { verified: 2, bytesVerified: 5000, seed: 'abc', scanned: 3, conflicts: 1 };
    const told = text({ job: 'verify', ...verified });
    assert.match(told, /^ {2}verified +2 {2}5\.0 kB$/m);
    assert.match(told, /^ {2}seed +abc {2}draws the same files again$/m);
    assert.match(told, /1 file differs/);
    assert.doesNotMatch(told, /LostCopy|counts as wrong/);
    const failures = [{ path: 'a', code: 'LostCopy', message: 'it has left the cache, and …' }];
    const lost = text({ job: 'verify', scanned: 1, failed: 1, failures });
    assert.match(lost, /LostCopy: the server has lost records[^]*1 file failed: what is missing/);
    assert.match(text({ job: 'drill', ...verified }), /^ {2}read back +2 {2}5\.0 kB$/m);
  });
});
