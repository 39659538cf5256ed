/** Times that users have set on a server. */
import assert from 'node:assert/strict';
import { time } from '../../lib/cli/format.js';
import { redact } from '../../lib/config/redact.js';
import { mayBeWritten } from '../../lib/rules/comparison.js';
import { isSamePlace } from '../../lib/rules/same_storage.js';
import { selector } from '../../lib/rules/selection.js';
import { publishFile } from '../../lib/posix/index.js';
import { namedStatsOf, statInfoOf } from '../../lib/xrdcl/stat_info.js';

const now = Date.UTC(2026, 0, 1);
/** Seconds beyond what a Date holds, either way. */
const beyond = [8.64e12 + 1, -8.64e12 - 1, 2 ** 63, -(2 ** 63)];
const unusable = new Date(NaN);

describe('times that users have set', () => {
  for (const seconds of beyond)
    it(`${seconds} seconds: a stat has no time, and throws nothing`, () => {
      const stat = statInfoOf({ id: '1', size: 1, flags: 16, modTime: seconds });
      const [[, listed] = []] = namedStatsOf({ names: 'a\n', values: Float64Array.of(16, 1, seconds, 0, 1) });
      for (const each of [stat, listed]) assert.ok(Number.isNaN(each?.mtime.getTime()));
    });

  it('a file is selected whatever its time, unless the time decides: then nobody can say', () => {
    const [since, until] = [new Date('2026-01-01'), new Date('2026-02-01')];
    const entry = { path: 'a', mtime: unusable };
    assert.equal(selector({})(entry), true);
    assert.equal(selector({ patterns: ['a'] })(entry), true);
    assert.equal(selector({}).undecided(unusable), false);
    for (const bounds of [{ since }, { until }, { since, until }]) {
      assert.equal(selector(bounds)(entry), false);
      assert.equal(selector(bounds).undecided(unusable), true);
      assert.equal(selector(bounds).undecided(new Date(-1000)), false);
    }
  });

  it('only a time of about now says that somebody may still write', () => {
    const hour = 3_600_000;
    const table: [mtime: number, writing: boolean][] = [
      [now - hour - 1, false],
      [now - hour + 1, true],
      [now + 1, true],
      [now + 24 * hour, true],
      [now + 24 * hour + 1, false],
      [Date.UTC(2400, 0, 1), false],
      [-1000, false],
      [NaN, false],
    ];
    for (const [mtime, writing] of table)
      assert.equal(mayBeWritten({ mtime: new Date(mtime) }, 3600, now), writing, String(mtime));
  });

  it('a directory is known as the same one by its second, whatever that is', () => {
    const table: [mtimeNs: bigint, mtime: number, same: boolean][] = [
      [1_500_000_000n, 1000, true],
      [1_500_000_000n, 2000, false],
      [-500_000_000n, -1000, true],
      [-500_000_000n, 0, false],
      [-1_000_000_000n, -1000, true],
      [0n, NaN, false],
      [BigInt(9e12) * 1_000_000_000n, NaN, true],
    ];
    for (const [mtimeNs, mtime, same] of table)
      assert.equal(
        isSamePlace({ dev: 1n, ino: 7n, mtimeNs }, { id: '7', mtime: new Date(mtime) }, true),
        same,
        `${mtimeNs}`,
      );
  });

  it('people and logs are told of each', () => {
    assert.equal(time(unusable).trim(), '-');
    for (const date of [new Date(8.64e15), new Date(-8.64e15)]) assert.ok(time(date).length > 0);
    assert.match(time(new Date(Date.UTC(12_000, 5, 1))), /^\+012000-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.deepEqual(redact({ at: unusable }), { at: null });
  });

  it('no file is given one that is none', async () => {
    await assert.rejects(publishFile('/nowhere/a', '/nowhere/b', { mtime: unusable }), RangeError);
  });
});
