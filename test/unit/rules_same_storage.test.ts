import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  comparePlaces,
  inodeNumber,
  isOnDevice,
  isSameInode,
  isSamePlace,
  mayShareDevice,
  possibleInodes,
  possiblePlaces,
} from '../../lib/rules/same_storage.js';

const mtime = new Date('2026-03-01T12:00:00Z');
const mtimeNs = BigInt(mtime.getTime()) * 1_000_000n + 123_456_789n;
/** As an xrootd on a little-endian machine makes it. */
const idOf = (ino: bigint, dev: bigint) => String(BigInt.asIntN(64, (ino << 32n) | BigInt.asUintN(32, dev)));

describe('whether a local place and a remote one are the same', () => {
  const local = { dev: 65_024n, ino: 2_156_810n, mtimeNs };
  const later = new Date(mtime.getTime() + 1000);

  for (const [title, id, time, exact, anyDevice] of [
    ['as a little-endian xrootd tells it', '9263428413750784', mtime, true, true],
    ['with its halves the other way round', String((65_024n << 32n) | 2_156_810n), mtime, true, true],
    ['on another device', idOf(2_156_810n, 65_025n), mtime, false, true],
    ['another inode', idOf(2_156_811n, 65_024n), mtime, false, false],
    ['the inode as the device', idOf(7n, 2_156_810n), mtime, false, true],
    ['at another time', '9263428413750784', later, false, false],
    ['at a time that no Date holds', '9263428413750784', new Date(NaN), false, false],
  ] as const)
    it(title, () => {
      assert.equal(isSamePlace(local, { id, mtime: time }, false), exact);
      assert.equal(isSamePlace(local, { id, mtime: time }, true), anyDevice);
    });

  it('what says nothing is not the same', () => {
    for (const id of ['', '0', 'abc', '12x', '1.5'])
      assert.ok(
        !isSameInode({ dev: 1n, ino: 0n }, id, true) && !isSameInode({ dev: 1n, ino: 5n }, id, true),
        id,
      );
  });

  it('whatever inode and device a server has, 32 bits of each are found again', () => {
    const number = fc.bigInt({ min: 1n, max: 2n ** 63n });
    fc.assert(
      fc.property(number, number, (ino, dev) => {
        fc.pre(BigInt.asUintN(32, ino) !== 0n);
        const id = idOf(BigInt.asUintN(32, ino), dev);
        assert.ok(isSameInode({ dev, ino }, id, false) && isOnDevice(dev, id));
      }),
    );
  });
});

describe('two looks at a local directory, with one at a remote directory between them', () => {
  const id = idOf(7n, 2049n);
  const at = (second: number) => ({ dev: 2049n, ino: 7n, mtimeNs: BigInt(second) * 1_000_000_000n + 5n });
  const there = (second: number, of = id) => ({ id: of, mtime: new Date(second * 1000) });

  for (const [title, before, remote, after, expected] of [
    ['another inode', at(10), there(10, idOf(8n, 2049n)), at(10), 'two'],
    ['no identifier', at(10), there(10, ''), at(10), 'two'],
    ['the same time in all looks', at(10), there(10), at(10), 'one'],
    ['another time, and nothing changes', at(10), there(11), at(10), 'two'],
    ['it changes, and the remote one with it', at(10), there(11), at(11), 'changing'],
    ['it changes, the remote one is older', at(10), there(9), at(11), 'two'],
    ['it changes, the remote one is younger', at(10), there(12), at(11), 'two'],
    ['its time is put back', at(10), there(9), at(9), 'changing'],
    ['another directory takes its name', at(10), there(10), { ...at(10), ino: 8n }, 'changing'],
    ['no Date holds the remote time', at(10), { id, mtime: new Date(NaN) }, at(11), 'changing'],
  ] as const)
    it(`${title}: ${expected}`, () => {
      assert.equal(comparePlaces(before, remote, after, false), expected);
    });
});

describe('what identifiers say of devices and inodes', () => {
  it('two of one device share a half in the same place', () => {
    assert.ok(mayShareDevice(idOf(7n, 2049n), idOf(9n, 2049n)));
    assert.ok(!mayShareDevice(idOf(7n, 2049n), idOf(9n, 2050n)));
    assert.ok(!mayShareDevice(idOf(2049n, 7n), idOf(9n, 2049n)));
    for (const id of ['', '0', 'abc']) assert.ok(!mayShareDevice(id, id) && possibleInodes(id).length === 0);
  });

  it('an inode of more than 32 bits is found by its lower ones', () => {
    const ino = 2n ** 40n + 77n;
    assert.ok(possibleInodes(idOf(BigInt.asUintN(32, ino), 2049n)).includes(inodeNumber(ino)));
  });
});

describe('where an entry of a local directory could be on the server', () => {
  it('at each end of its path, and at the base itself', () => {
    assert.deepEqual(possiblePlaces('/data/cache/2026'), ['data/cache/2026', 'cache/2026', '2026', '']);
    assert.deepEqual(possiblePlaces('/'), ['']);
  });
});
