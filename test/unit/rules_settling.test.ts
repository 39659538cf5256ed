import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  identityOf,
  sameButRenamed,
  sameIdentity,
  sameInode,
  type Identity,
} from '../../lib/rules/identity.js';
import { changedAt, CLOCK_SKEW_SECONDS, settling } from '../../lib/rules/settling.js';

const NOW = Date.UTC(2026, 5, 1);
const at = (secondsAgo: number): bigint => BigInt(Math.round((NOW / 1000 - secondsAgo) * 1e9));

describe('settling (S3)', () => {
  const table: [string, number, number, number, boolean][] = [
    // mtime and ctime in seconds before now, settle_seconds
    ['old', 100, 100, 10, true],
    ['just as old as asked', 10, 10, 10, true],
    ['a bit younger', 9.9, 9.9, 10, false],
    ['young', 1, 1, 10, false],
    ['data old, inode young: a copying tool set mtime back', 1e6, 1, 10, false],
    ['data young, inode old', 1, 1e6, 10, false],
    ['a little ahead: the file server’s clock', -5, -5, 10, false],
    ['an hour ahead', -CLOCK_SKEW_SECONDS, 1e6, 10, false],
    ['further ahead says nothing', -CLOCK_SKEW_SECONDS - 1, 1e6, 10, true],
    ['years ahead, both', -1e9, -1e9, 10, true],
    ['years ahead, but the inode changed just now', -1e9, 1, 10, false],
    ['0 switches it off', 0, 0, 0, true],
  ];
  for (const [name, mtime, ctime, seconds, settled] of table)
    it(name, () => {
      const file = { mtimeNs: at(mtime), ctimeNs: at(ctime) };
      assert.equal(settling(file, seconds, NOW).settled, settled);
    });

  it('when a file changed: the later time, but for one that says nothing', () => {
    const ago = (mtime: number, ctime: number) =>
      (NOW - changedAt({ mtimeNs: at(mtime), ctimeNs: at(ctime) }, NOW)) / 1000;
    assert.equal(ago(100, 5), 5);
    assert.equal(ago(5, 100), 5);
    assert.equal(ago(-60, 5), -60);
    assert.equal(ago(-1e9, 5), 5);
    assert.equal(ago(-1e9, -1e9), Infinity);
  });

  it('never waits for ever: whatever the times, a bounded wait settles it', () => {
    const ago = fc.integer({ min: -4e9, max: 4e9 });
    fc.assert(
      fc.property(ago, ago, fc.integer({ min: 0, max: 86_400 }), (mtime, ctime, seconds) => {
        const file = { mtimeNs: at(mtime), ctimeNs: at(ctime) };
        const first = settling(file, seconds, NOW);
        if (first.settled) return;
        assert.ok(first.secondsLeft > 0 && first.secondsLeft <= CLOCK_SKEW_SECONDS + seconds);
      }),
    );
  });
});

describe('identity (S2)', () => {
  const base: Identity = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n };
  it('is all five', () => {
    assert.ok(sameIdentity(base, identityOf({ ...base })));
    for (const key of ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const)
      assert.ok(!sameIdentity(base, { ...base, [key]: 9n }), key);
  });
  it('survives our rename, which moves ctime forward and nothing else', () => {
    assert.ok(sameButRenamed(base, { ...base, ctimeNs: 6n }));
    assert.ok(sameButRenamed(base, base));
    assert.ok(!sameButRenamed(base, { ...base, ctimeNs: 4n }));
    for (const key of ['dev', 'ino', 'size', 'mtimeNs'] as const)
      assert.ok(!sameButRenamed(base, { ...base, ctimeNs: 6n, [key]: 9n }), key);
  });
  it('knows an inode', () => {
    assert.ok(sameInode(base, { dev: 1n, ino: 2n }));
    assert.ok(!sameInode(base, { dev: 2n, ino: 2n }));
  });
});
