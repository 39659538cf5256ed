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

describe('two looks at a local directory, with one at a remote directory between them', () => {
  const id = idOf(7n, 2049n);
  const at = (second: number) => ({ ino: 7n, mtimeNs: BigInt(second) * 1_000_000_000n + 5n });
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
      assert.equal(comparePlaces(before, remote, after), expected);
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
