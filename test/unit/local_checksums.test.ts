import assert from 'node:assert/strict';
import type { RemoteStat, RemoteStore } from '../../lib/remote/store.js';
import { localChecksums } from '../../lib/rules/put_checksum.js';
import { classifyRecord, type KnownRecord } from '../../lib/jobs/record/classify_record.js';
import { DamagedInCache, refuseDamaged } from '../../lib/jobs/record/damaged_in_cache.js';

const adler32 = { type: 'adler32', value: '024d0127' } as const;
const crc32c = { type: 'crc32c', value: '364b3fb7' } as const;
const other = { type: 'adler32', value: '024d0126' } as const;
const old = new Date('2020-01-01');
const remote: RemoteStat = {
  ...{ kind: 'file', size: 3, mtime: old, id: '1', offline: false, backUpExists: false },
};

/** A server that has `abc`. */
const store = {
  checksumTypes: () => Promise.resolve({ named: ['adler32', 'crc32c'], refused: [] }),
  checksum: (_name: string, type: string) => Promise.resolve(type === 'adler32' ? adler32 : crc32c),
  readChecksum: (_name: string, type: string) => Promise.resolve(type === 'adler32' ? adler32 : crc32c),
  stat: () => Promise.resolve(remote),
} as unknown as RemoteStore;

const classify = (
  sumLocal: () => Promise<{ type: string; value: string }>,
  { verify = 'auto', ...known }: Partial<KnownRecord> & { verify?: 'auto' | 'size' } = {},
) =>
  classifyRecord(
    'r',
    3,
    remote,
    () => Promise.resolve('file'),
    {
      ...{ store, verify, sumLocal, readBack: 'wherever it proves more', now: Date.now },
      config: { checksumType: 'adler32', trustAdler32: false, unfinishedAfterSeconds: 0 },
    },
    { origin: 'unknown', ...known },
  );

describe('what a pass knows of local bytes', () => {
  it('is each type once, and what was put before what was read', () => {
    assert.deepEqual(localChecksums([], []), []);
    assert.deepEqual(localChecksums([crc32c], []), [{ ...crc32c, source: 'read' }]);
    assert.deepEqual(localChecksums([adler32], [adler32]), [{ ...adler32, source: 'put' }]);
    assert.deepEqual(localChecksums([crc32c, crc32c], [adler32]), [
      { ...crc32c, source: 'read' },
      { ...adler32, source: 'put' },
    ]);
  });

  it('comes with the state of a record that is identical on the server', async () => {
    const state = await classify(() => Promise.resolve({ ...crc32c, put: adler32 }));
    const local = [
      { ...crc32c, source: 'read' },
      { ...adler32, source: 'put' },
    ];
    assert.deepEqual(state, { state: 'cached', verifiedBy: 'checksum', local });
  });

  it('is what the copy has read, if nothing else was', async () => {
    const nothing = () => Promise.reject(new Error('not to be read'));
    const state = await classify(nothing, {
      verify: 'size',
      origin: 'copied',
      checksum: { ...adler32, put: adler32 },
    });
    assert.deepEqual(state, {
      ...{ state: 'cached', verifiedBy: 'size', local: [{ ...adler32, source: 'put' }] },
    });
    const unread = await classify(nothing, { verify: 'size' });
    assert.deepEqual(unread, { state: 'cached', verifiedBy: 'size' });
  });
});

describe('a record that is damaged in the cache', () => {
  it('is told from one whose checksum is only written in another way', () => {
    refuseDamaged('r', adler32, { type: 'ADLER32', value: '24D0127' });
    assert.throws(() => {
      refuseDamaged('r', adler32, other);
    }, DamagedInCache);
  });

  it('has no state: the server is asked whether it has what was put, and that is in the error', async () => {
    const damaged = () =>
      Promise.resolve().then(() => {
        refuseDamaged('r', adler32, other);
        return other;
      });
    await assert.rejects(classify(damaged), {
      name: 'DamagedInCache',
      code: 'DamagedInCache',
      message: /adler32:024d0126.*adler32:024d0127.*The copy on the server is the good one/,
    });
  });
});
