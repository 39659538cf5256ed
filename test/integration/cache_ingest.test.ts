import assert from 'node:assert/strict';
import {
  chmodSync,
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { CacheError } from '../../lib/cache/errors.js';
import { put } from '../../lib/cache/ingest.js';
import { pruneEmpty } from '../../lib/cache/prune.js';
import { asOrdinaryUser } from '../support/ordinary_user.js';
import { withTemp } from '../support/temporary.js';

const everything = (directory: string): string[] =>
  readdirSync(directory, { recursive: true }).map(String).sort();

describe('put', () => {
  it('takes bytes, text and streams', async () => {
    await withTemp(async (cache) => {
      assert.deepEqual(await put(cache, 'a/b/bytes', new Uint8Array([1, 2, 3])), {
        path: 'a/b/bytes',
        size: 3,
        checksum: { type: 'adler32', value: '000d0007' },
      });
      assert.equal((await put(cache, 'text', 'é')).size, 2);
      assert.equal((await put(cache, 'stream', Readable.from([Buffer.from('ab'), 'c']))).size, 3);
      assert.equal((await put(cache, 'empty', '', { fsync: true })).size, 0);
      assert.equal((await put(cache, 'new/dir/durable', 'x', { fsync: true, mode: 0o600 })).size, 1);
      assert.equal(readFileSync(path.join(cache, 'stream'), 'utf8'), 'abc');
      assert.deepEqual([...readFileSync(path.join(cache, 'a/b/bytes'))], [1, 2, 3]);
      assert.equal(lstatSync(path.join(cache, 'new/dir/durable')).mode & 0o777, 0o600);
      assert.equal(everything(cache).filter((name) => name.includes('.xrootd-archive.')).length, 0);
    });
  });

  it('never replaces a record unasked, and replaces it whole when asked', async () => {
    await withTemp(async (cache) => {
      await put(cache, 'r', 'old');
      await assert.rejects(put(cache, 'r', 'new'), { name: 'CacheError', code: 'AlreadyExists', path: 'r' });
      assert.equal(readFileSync(path.join(cache, 'r'), 'utf8'), 'old');
      await put(cache, 'r', 'new', { overwrite: true });
      assert.equal(readFileSync(path.join(cache, 'r'), 'utf8'), 'new');
      assert.deepEqual(everything(cache), ['r']);
      mkdirSync(path.join(cache, 'd'));
      await assert.rejects(put(cache, 'd', 'x'), { code: 'AlreadyExists' });
      await assert.rejects(
        put(cache, 'd', 'x', { overwrite: true }),
        (error: Error) => !error.message.includes('/proc/'),
      );
      assert.deepEqual(everything(cache), ['d', 'r']);
    });
  });

  it('lets exactly one of many writers of one name win', async () => {
    await withTemp(async (cache) => {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => put(cache, 'x/r', `${index}`)),
      );
      assert.equal(results.filter((one) => one.status === 'fulfilled').length, 1);
      assert.deepEqual(everything(cache), ['x', 'x/r']);
    });
  });

  const invalid = [
    '',
    '/abs',
    '..',
    'a/../../b',
    './a',
    'a//b',
    'a/',
    'a\0b',
    'a\ud800',
    '.xrootd-archive.lock',
    'd/.xrootd-archive.x',
  ];
  for (const name of invalid)
    it(`refuses ${JSON.stringify(name)} before anything is written`, async () => {
      await withTemp(async (cache) => {
        await assert.rejects(put(cache, name, 'x'), { name: 'CacheError', code: 'InvalidPath' });
        assert.deepEqual(everything(cache), []);
      });
    });

  it('never writes through a link inside the cache (S8)', async () => {
    await withTemp(async (outside) => {
      await withTemp(async (cache) => {
        symlinkSync(outside, path.join(cache, 'out'));
        mkdirSync(path.join(cache, 'in'));
        symlinkSync('in', path.join(cache, 'alias'));
        writeFileSync(path.join(cache, 'file'), '');
        for (const name of ['out/x', 'out/new/x', 'alias/x', 'alias/new/x', 'file/x'])
          await assert.rejects(put(cache, name, 'x'), (error: unknown) => {
            assert.ok(error instanceof CacheError, `${name}: ${String(error)}`);
            return error.code === 'OutsideCache';
          });
        symlinkSync(path.join(outside, 'target'), path.join(cache, 'link'));
        await put(cache, 'link', 'x', { overwrite: true });
        assert.ok(lstatSync(path.join(cache, 'link')).isFile());
        assert.deepEqual(everything(outside), []);
        assert.deepEqual(everything(path.join(cache, 'in')), []);
      });
    });
  });

  it('takes a name that XRootD can’t carry, and says so (S7)', async () => {
    await withTemp(async (cache) => {
      const { warning } = await put(cache, 'what?', 'x');
      assert.match(warning ?? '', /"\?"/);
      assert.ok(existsSync(path.join(cache, 'what?')));
    });
  });

  it('leaves nothing behind when its stream fails, or it is aborted', async () => {
    await withTemp(async (cache) => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000);
        await Promise.resolve();
        throw new Error('detector gone');
      }
      await assert.rejects(put(cache, 'd/r', broken()), /detector gone/);
      await assert.rejects(
        put(cache, 'd/r', Readable.from([{ no: 'bytes' }]) as AsyncIterable<Uint8Array>),
        /bytes/,
      );
      const abort = new AbortController();
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let index = 0; ; index++) {
          yield Buffer.alloc(1000);
          await Promise.resolve();
          if (index === 10) abort.abort();
        }
      }
      await assert.rejects(put(cache, 'd/r', endless(), { signal: abort.signal }), { name: 'AbortError' });
      assert.deepEqual(everything(cache), ['d']);
    });
  });

  it('hears a stream that fails before it is read, and ends one that it refuses', async () => {
    await withTemp(async (cache) => {
      await assert.rejects(put(cache, 'd/r', createReadStream(path.join(cache, 'gone'))), { code: 'ENOENT' });
      assert.deepEqual(everything(cache), ['d']);
      const failing = new PassThrough();
      const early = put(cache, 'd/r', failing);
      failing.destroy(new Error('detector gone'));
      await assert.rejects(early, /detector gone/);
      for (const [name, where] of [
        ['../r', cache],
        ['r', path.join(cache, 'no cache')],
      ] as const) {
        const unread = new PassThrough();
        await assert.rejects(put(where, name, unread));
        assert.equal(unread.destroyed, true, name);
      }
      assert.deepEqual(everything(cache), ['d']);
    });
  });

  it('never shows a half-written record', async () => {
    await withTemp(async (cache) => {
      async function* slow(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < 50; index++) {
          assert.ok(!existsSync(path.join(cache, 'r')));
          await new Promise(setImmediate);
          yield Buffer.alloc(1000);
        }
      }
      await put(cache, 'r', slow());
      assert.equal(lstatSync(path.join(cache, 'r')).size, 50_000);
    });
  });

  it('goes on beside a backup that prunes its directories', async () => {
    await withTemp(async (cache) => {
      const root = await CacheDirectory.openRoot(cache);
      const state = { done: false };
      let pruned = 0;
      const pruning = (async () => {
        while (!state.done) {
          pruned += (await pruneEmpty(root, 'a/b/c')).length;
          await new Promise(setImmediate);
        }
      })();
      for (let index = 0; index < 200; index++) {
        await put(cache, 'a/b/c/r', `${index}`);
        const file = path.join(cache, 'a/b/c/r');
        assert.equal(readFileSync(file, 'utf8'), `${index}`);
        unlinkSync(file);
        if (index % 4 === 0) await new Promise(setImmediate);
      }
      state.done = true;
      await pruning;
      await root.close();
      assert.ok(pruned > 0);
    });
  });

  it('names the path that people know when it may not write', async () => {
    await withTemp(async (cache) => {
      chmodSync(cache, 0o755);
      const message = await asOrdinaryUser(
        `const { put } = await import(LIB + 'cache/ingest.js');
         return put(${JSON.stringify(cache)}, 'r', 'x').then(() => 'written', (error) => error.code + ' ' + error.message);`,
      );
      if (process.getuid?.() === 0) assert.match(String(message), new RegExp(`^EACCES .*${cache}/`));
    });
  });
});

describe('pruning', () => {
  it('goes up as far as directories are empty, never to the root, and never through links', async () => {
    await withTemp(async (outside) => {
      mkdirSync(path.join(outside, 'empty'));
      await withTemp(async (cache) => {
        mkdirSync(path.join(cache, 'a/b/c/d'), { recursive: true });
        writeFileSync(path.join(cache, 'a/keep'), '');
        symlinkSync(outside, path.join(cache, 'out'));
        const root = await CacheDirectory.openRoot(cache);
        assert.deepEqual(await pruneEmpty(root, 'a/b/c/d'), ['a/b/c/d', 'a/b/c', 'a/b']);
        assert.deepEqual(await pruneEmpty(root, 'a/b'), []);
        assert.deepEqual(await pruneEmpty(root, ''), []);
        assert.deepEqual(await pruneEmpty(root, 'out/empty'), []);
        assert.deepEqual(await pruneEmpty(root, 'out'), []);
        await root.close();
        assert.ok(existsSync(path.join(outside, 'empty')));
        assert.deepEqual(readdirSync(cache), ['a', 'out']);
        assert.deepEqual(readdirSync(path.join(cache, 'a')), ['keep']);
      });
    });
  });
});
