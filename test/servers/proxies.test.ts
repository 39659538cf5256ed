/** Proxies in front of a plain server: one that forwards, and one that caches, which goes on answering what its storage has lost. */
import assert from 'node:assert/strict';
import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, NotOnTapeError, type ArchiveOptions, type Report } from '../../lib/index.js';
import { checksumFile } from '../../lib/posix/index.js';
import { FileSystem, readChecksum } from '../../lib/xrdcl/index.js';
import { assertAddsUp, counts, recordsIn } from '../support/archive.js';
import { PlainServer } from '../support/plain_server.js';
import { bytesOf, holdsRecord, writeRecord } from '../support/records.js';
import { archiveOf } from '../support/server_on.js';
import { withTemp } from '../support/temporary.js';

const size = 3 * 2 ** 20;
const names = ['a', 'd/b'];

describe('a proxy', () => {
  let origin: PlainServer;
  let forwarding: PlainServer;
  let caching: PlainServer;
  let base = '';
  let bases = 0;

  before(async () => {
    origin = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32c'] });
    const proxy = [
      'ofs.osslib libXrdPss.so',
      `pss.origin ${origin.url.replace('root://', '')}`,
      // The origin is asked for checksums.
      'ofs.ckslib * libXrdPss.so',
      'xrootd.chksum max 4 adler32',
    ];
    forwarding = await PlainServer.start({ config: proxy });
    caching = await PlainServer.start({ config: [...proxy, 'pss.cachelib libXrdPfc.so'] });
  });
  after(async () => {
    for (const server of [caching, forwarding, origin]) await server.stop();
  });

  async function withRecords(use: (cacheDirectory: string) => Promise<void>): Promise<void> {
    bases += 1;
    base = `/base${bases}`;
    await withTemp(async (cacheDirectory) => {
      for (const name of names) await writeRecord(cacheDirectory, name, size);
      await use(cacheDirectory);
    });
  }
  const by = (server: PlainServer, cacheDirectory: string, options: Partial<ArchiveOptions> = {}) =>
    // One archive by several targets.
    archiveOf({ cacheDirectory, targetUrl: server.urlOf(base), catalogue: false, ...options }).archive;
  const told = (report: Report) => {
    assertAddsUp(report);
    return counts(report);
  };
  const isRefused = async (pass: Promise<unknown>, server: PlainServer) => {
    await assert.rejects(pass, (error) => {
      assert.ok(error instanceof ConfigError);
      assert.ok(error.message.startsWith(`targetUrl: ${server.url} is a proxy, `), error.message);
      return true;
    });
  };

  describe('that forwards', () => {
    it('backup copies and compares; it removes only if the proxy is trusted', async () => {
      await withRecords(async (cache) => {
        assert.deepEqual(told(await by(forwarding, cache, { autoRemove: 'never' }).backup()), {
          scanned: 2,
          copied: 2,
        });
        for (const name of names) assert.ok(await holdsRecord(origin.file(join(base, name)), name, size));
        await isRefused(by(forwarding, cache, { autoRemove: 'cached' }).backup(), forwarding);
        assert.deepEqual(await recordsIn(cache), names);
        const trusting = by(forwarding, cache, { autoRemove: 'cached', trustProxy: true });
        assert.deepEqual(told(await trusting.backup()), { scanned: 2, removed: 2 });
        await withTemp(async (to) => {
          assert.deepEqual(told(await by(forwarding, cache).restore(['.'], { to })), {
            scanned: 2,
            copied: 2,
          });
          for (const name of names) assert.ok(await holdsRecord(join(to, name), name, size));
        });
      });
    });

    it('what the storage lost is copied again, what it changed is a conflict', async () => {
      await withRecords(async (cache) => {
        await by(forwarding, cache, { autoRemove: 'never' }).backup();
        const [changed, lost] = names.map((name) => origin.file(join(base, name)));
        assert.ok(changed !== undefined && lost !== undefined);
        origin.write(join(base, 'a'), bytesOf('other', size));
        utimesSync(changed, 1e9, 1e9);
        rmSync(lost);
        const trusting = by(forwarding, cache, { autoRemove: 'cached', trustProxy: true });
        const expected = { scanned: 2, copied: 1, removedAfterCopy: 1, conflicts: 1 };
        assert.deepEqual(told(await trusting.backup()), expected);
        assert.deepEqual(await recordsIn(cache), ['a']);
      });
    });
  });

  describe('that caches', () => {
    /** The records are in the proxy's cache, and the storage has lost them. */
    async function withLost(use: (cacheDirectory: string) => Promise<void>): Promise<void> {
      await withRecords(async (cache) => {
        assert.equal((await by(origin, cache, { autoRemove: 'never' }).backup()).copied, 2);
        await withTemp(async (to) => {
          assert.equal((await by(caching, cache).restore(['.'], { to })).copied, 2);
        });
        for (const name of names) rmSync(origin.file(join(base, name)));
        await use(cache);
      });
    }

    it('answers a stat of what its storage has lost, and lets it be read', async () => {
      await withLost(async (cache) => {
        const path = join(base, 'a');
        await assert.rejects(new FileSystem(origin.url).stat(path), { code: 'NotFound' });
        assert.equal((await new FileSystem(caching.url).stat(path)).size, size);
        const read = await readChecksum(caching.urlOf(path), 'crc32c');
        assert.equal(read.value, (await checksumFile(join(cache, 'a'), { type: 'crc32c' })).value);
      });
    });

    for (const autoRemove of ['cached', 'backed_up'] as const)
      it(`auto_remove: ${autoRemove}: refused before the pass, and every record stays`, async () => {
        await withLost(async (cache) => {
          await isRefused(by(caching, cache, { autoRemove }).backup(), caching);
          for (const name of names) assert.ok(await holdsRecord(join(cache, name), name, size));
        });
      });

    it('nothing counts as on tape because of it', async () => {
      await withLost(async (cache) => {
        const waiting = (options: Partial<ArchiveOptions>) =>
          by(caching, cache, options).waitUntilOnTape(['a'], { deadlineSeconds: 0 });
        await isRefused(waiting({}), caching);
        await assert.rejects(waiting({ trustProxy: true }), NotOnTapeError);
      });
    });

    it('retention: refused, and every file stays', async () => {
      await withLost(async (cache) => {
        await withTemp(async (onlineDirectory) => {
          for (const name of names) {
            await writeRecord(onlineDirectory, name, size);
            utimesSync(join(onlineDirectory, name), 1e9, 1e9);
          }
          const retention = { onlineDirectory, period: 'P3Y' };
          await isRefused(by(caching, cache, { retention }).retention({ confirm: true }), caching);
          for (const name of names) assert.ok(await holdsRecord(join(onlineDirectory, name), name, size));
        });
      });
    });

    it('auto_remove: never: copies fail, since it takes no files; every record stays', async () => {
      await withRecords(async (cache) => {
        const report = await by(caching, cache, { autoRemove: 'never' }).backup();
        assert.deepEqual(told(report), { scanned: 2, failed: 2 });
        assert.deepEqual([...new Set(report.failures.map(({ code }) => code))], ['FsReadOnly']);
        assert.deepEqual(await recordsIn(cache), names);
      });
    });
  });
});
