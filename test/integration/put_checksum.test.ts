import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import nativeAttributes from 'fs-native-extensions';
import { put, type PutData, type PutOptions } from '../../lib/cache/ingest.js';
import { Archive } from '../../lib/index.js';
import { checksumFile, checksumTypes, type Checksum, type ChecksumType } from '../../lib/posix/index.js';
import { countedPutChecksum, PUT_ATTRIBUTE } from '../../lib/rules/put_checksum.js';
import { asOrdinaryUser } from '../support/ordinary_user.js';
import { withMounted } from '../support/small_disk.js';
import { withTemp } from '../support/temporary.js';

const everything = (directory: string): string[] =>
  readdirSync(directory, { recursive: true }).map(String).sort();

/** The checksum that is kept with a file, if it counts. */
function keptOf(file: string): Checksum | undefined {
  const fd = openSync(file, 'r');
  try {
    const text = nativeAttributes.getAttrSync(fd, PUT_ATTRIBUTE)?.toString();
    return countedPutChecksum(text, fstatSync(fd, { bigint: true }));
  } finally {
    closeSync(fd);
  }
}

async function attributesHere(cache: string, name: string): Promise<boolean> {
  const file = await open(path.join(cache, name), 'r+');
  try {
    nativeAttributes.getAttrSync(file.fd, PUT_ATTRIBUTE);
    return true;
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

/** Skips the test where files have no extended attributes. */
async function withAttributes(test: Mocha.Context, use: (cache: string) => Promise<void>): Promise<void> {
  await withTemp(async (cache) => {
    await put(cache, 'probe', 'x');
    if (!(await attributesHere(cache, 'probe'))) test.skip();
    unlinkSync(path.join(cache, 'probe'));
    await use(cache);
  });
}

const large = randomBytes(20_000_000);
const pieces = (bytes: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
/** Each way that data takes: small and whole, with a sync, over another, beyond one call, piece by piece. */
const ways: [string, () => PutData, PutOptions][] = [
  ['bytes', () => large.subarray(0, 100_000), {}],
  ['bytes of a part of a buffer', () => large.subarray(7, 1007), {}],
  ['text', () => 'é ß 漢', {}],
  ['no data', () => '', {}],
  ['bytes, with fsync', () => large.subarray(0, 100_000), { fsync: true }],
  ['bytes, over another record', () => large.subarray(0, 100_000), { overwrite: true }],
  ['many bytes', () => large, {}],
  ['a stream', () => Readable.from(pieces(large, 65_536)), {}],
  ['a stream of text', () => Readable.from(['ab', 'ç', '', 'd']), {}],
  ['a stream without bytes', () => Readable.from([]), {}],
  ['an iterable', () => pieces(large.subarray(0, 1_000_000), 999_999), {}],
  ['bytes, to be read only', () => large.subarray(0, 1000), { mode: 0o444 }],
];

describe('the checksum of a put', () => {
  for (const [what, data, options] of ways)
    for (const checksumType of checksumTypes)
      it(`is that of the bytes and kept with the record: ${what}, ${checksumType}`, async function () {
        await withAttributes(this, async (cache) => {
          await put(cache, 'r', 'older');
          const name = options.overwrite === true ? 'r' : 'new/r';
          const file = path.join(cache, name);
          const { checksum, size } = await put(cache, name, data(), { ...options, checksumType });
          const { bytes, ...stored } = await checksumFile(file, { type: checksumType });
          assert.deepEqual([checksum, size], [stored, bytes]);
          assert.deepEqual(keptOf(file), checksum);
          if (options.mode !== undefined) assert.equal(lstatSync(file).mode & 0o777, options.mode);
        });
      });

  it('is adler32 by default, and of an archive its checksumType', async () => {
    await withTemp(async (cache) => {
      assert.deepEqual(await put(cache, 'a', 'abc'), {
        path: 'a',
        size: 3,
        checksum: { type: 'adler32', value: '024d0127' },
      });
      const archive = new Archive({
        cacheDirectory: cache,
        targetUrl: 'root://nowhere.invalid//x',
        checksumType: 'crc32c',
      });
      assert.deepEqual((await archive.put('b', 'abc')).checksum, { type: 'crc32c', value: '364b3fb7' });
      const own = await archive.put('c', 'abc', { checksumType: 'md5' });
      assert.deepEqual(own.checksum, { type: 'md5', value: '900150983cd24fb0d6963f7d28e17f72' });
    });
  });

  it('is kept by an ordinary user too, whatever the mode of the record', async function () {
    await withAttributes(this, async (cache) => {
      chmodSync(cache, 0o777);
      await asOrdinaryUser(
        `const { put } = await import(LIB + 'cache/ingest.js');
         const cache = ${JSON.stringify(cache)};
         await put(cache, 'whole', 'abc', { mode: 0o440 });
         await put(cache, 'synced', 'abc', { mode: 0o440, fsync: true });
         return 'done';`,
      );
      for (const name of ['whole', 'synced']) {
        const file = path.join(cache, name);
        assert.deepEqual(keptOf(file), { type: 'adler32', value: '024d0127' }, name);
        assert.equal(lstatSync(file).mode & 0o777, 0o440);
      }
    });
  });

  it('is there when the record shows', async function () {
    await withAttributes(this, async (cache) => {
      let putting = true;
      let seen = 0;
      const look = async () => {
        while (putting) {
          for (const name of readdirSync(cache).filter((each) => /^r\d$/.test(each))) {
            seen += 1;
            assert.notEqual(keptOf(path.join(cache, name)), undefined, name);
          }
          await new Promise(setImmediate);
        }
      };
      const putMany = async () => {
        for (let index = 0; index < 100; index++)
          await put(cache, `r${index % 5}`, `${index}`, { overwrite: index >= 5 });
        putting = false;
      };
      await Promise.all([look(), putMany()]);
      assert.ok(seen > 0);
    });
  });

  it('costs no put on a file system without extended attributes (S7)', async function () {
    await withMounted(this, ['-t', 'ramfs', 'ramfs'], async (cache) => {
      for (const [name, options] of [
        ['whole', {}],
        ['synced', { fsync: true }],
      ] as const) {
        const { checksum } = await put(cache, name, 'abc', options);
        assert.deepEqual(checksum, { type: 'adler32', value: '024d0127' });
        assert.equal(readFileSync(path.join(cache, name), 'utf8'), 'abc');
        assert.equal(await attributesHere(cache, name), false);
      }
    });
  });
});

describe('a put with an expected checksum', () => {
  const sums: Record<ChecksumType, string> = {
    adler32: '024d0127',
    crc32c: '364b3fb7',
    md5: '900150983cd24fb0d6963f7d28e17f72',
    crc32: '48aa78a2',
  };
  const abc: [string, () => PutData, PutOptions][] = [
    ['bytes', () => Buffer.from('abc'), {}],
    ['text', () => 'abc', {}],
    ['bytes with fsync', () => Buffer.from('abc'), { fsync: true }],
    ['a stream', () => Readable.from(['a', 'bc']), {}],
    ['an overwrite', () => 'abc', { overwrite: true }],
  ];

  for (const [what, data, options] of abc) {
    it(`takes the bytes that have it: ${what}`, async () => {
      await withTemp(async (cache) => {
        for (const checksumType of checksumTypes)
          for (const type of checksumTypes) {
            const { checksum } = await put(cache, `${checksumType}/${type}`, data(), {
              ...options,
              checksumType,
              checksum: `${type}:${sums[type]}`,
            });
            assert.deepEqual(checksum, { type: checksumType, value: sums[checksumType] });
          }
        assert.equal(everything(cache).length, 4 + 16);
      });
    });

    it(`refuses others, and leaves nothing: ${what}`, async () => {
      await withTemp(async (cache) => {
        if (options.overwrite === true) await put(cache, 'r', 'older');
        const before = everything(cache);
        for (const type of checksumTypes) {
          const wrong = `${type}:${'1'.repeat(sums[type].length)}`;
          await assert.rejects(
            put(cache, 'r', data(), { ...options, checksum: wrong }),
            (error: Error & { code?: string; path?: string }) => {
              assert.deepEqual([error.name, error.code, error.path], ['CacheError', 'ChecksumMismatch', 'r']);
              assert.ok(error.message.includes(wrong), error.message);
              assert.ok(error.message.includes(`${type}:${sums[type]}`), error.message);
              return true;
            },
          );
          assert.deepEqual(everything(cache), before);
        }
        if (options.overwrite === true) assert.equal(readFileSync(path.join(cache, 'r'), 'utf8'), 'older');
      });
    });
  }

  it('takes leading zeros, and capitals, as people write them', async () => {
    await withTemp(async (cache) => {
      await put(cache, 'a', 'abc', { checksum: 'adler32:24d0127' });
      await put(cache, 'b', 'abc', { checksum: 'ADLER32:024D0127' });
      assert.deepEqual(everything(cache), ['a', 'b']);
    });
  });

  for (const [option, value] of [
    ['checksum', 'sha256:00'],
    ['checksum', '024d0127'],
    ['checksum', ''],
    ['checksum', 'adler32:'],
    ['checksum', 'adler32:nonsense'],
    ['checksum', 42],
    ['checksum', null],
    ['checksumType', 'sha256'],
    ['checksumType', ''],
    ['checksumType', null],
  ] as const)
    it(`refuses ${option} ${JSON.stringify(value)} before anything is written`, async () => {
      await withTemp(async (cache) => {
        const options = { [option]: value } as PutOptions;
        const stream = new PassThrough();
        for (const data of ['abc', stream])
          await assert.rejects(put(cache, 'd/r', data, options), (error: Error) => {
            assert.ok(error instanceof TypeError);
            assert.ok(error.message.startsWith(`${option} is ${JSON.stringify(value)}; it must be`));
            return true;
          });
        assert.ok(stream.destroyed);
        assert.deepEqual(everything(cache), []);
      });
    });

  it('ends with its signal, and leaves nothing', async () => {
    await withTemp(async (cache) => {
      mkdirSync(path.join(cache, 'd'));
      const abort = new AbortController();
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let index = 0; ; index++) {
          yield large;
          await Promise.resolve();
          if (index === 2) abort.abort();
        }
      }
      const options = { signal: abort.signal, checksum: 'md5:00', checksumType: 'crc32' } as const;
      await assert.rejects(put(cache, 'd/r', endless(), options), { name: 'AbortError' });
      assert.deepEqual(everything(cache), ['d']);
    });
  });
});
