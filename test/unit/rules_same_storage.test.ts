import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isOnDevice, isSameInode, isSamePlace, possiblePlaces } from '../../lib/rules/same_storage.js';

const mtime = new Date('2026-03-01T12:00:00Z');
const mtimeNs = BigInt(mtime.getTime()) * 1_000_000n + 123_456_789n;
/** As an xrootd on a little-endian machine makes it. */
const idOf = (ino: bigint, dev: bigint) => String(BigInt.asIntN(64, (ino << 32n) | BigInt.asUintN(32, dev)));

describe('whether a local place and a remote one are the same', () => {
  it('by inode and second, on either half of the identifier', () => {
    const local = { ino: 2_156_810n, mtimeNs };
    assert.ok(isSamePlace(local, { id: '9263428413750784', mtime }));
    assert.ok(isSamePlace(local, { id: String((65_024n << 32n) | 2_156_810n), mtime }));
    assert.ok(!isSamePlace(local, { id: '9263428413750784', mtime: new Date(mtime.getTime() + 1000) }));
    assert.ok(!isSamePlace({ ...local, ino: 2_156_811n }, { id: '9263428413750784', mtime }));
  });

  it('what says nothing is not the same', () => {
    for (const id of ['', '0', 'abc', '12x', '1.5'])
      assert.ok(!isSamePlace({ ino: 0n, mtimeNs }, { id, mtime }) && !isSameInode(5n, id), id);
    assert.ok(!isSamePlace({ ino: 2_156_810n, mtimeNs }, { id: '9263428413750784', mtime: new Date(NaN) }));
  });

  it('whatever inode and device a server has, 32 bits of each are found again', () => {
    const number = fc.bigInt({ min: 1n, max: 2n ** 63n });
    fc.assert(
      fc.property(number, number, (ino, dev) => {
        fc.pre(BigInt.asUintN(32, ino) !== 0n);
        const id = idOf(BigInt.asUintN(32, ino), dev);
        assert.ok(isSameInode(ino, id) && isOnDevice(dev, id));
      }),
    );
  });
});

describe('where an entry of a local directory could be on the server', () => {
  it('at each end of its path, and at the base itself', () => {
    assert.deepEqual(possiblePlaces('/data/cache/2026'), ['data/cache/2026', 'cache/2026', '2026', '']);
    assert.deepEqual(possiblePlaces('/'), ['']);
  });
});
