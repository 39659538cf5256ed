/** The ways of verifying (`verify`): what each finds, what it does at servers without checksums or with other ones, and that none recalls. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { open, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveOptions } from '../../lib/config/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { drill } from '../../lib/jobs/restore/drill.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import { XRootDError } from '../../lib/xrdcl/index.js';
import { counts, keepingLogger, recordsIn, withArchive, withSharedArchive } from '../support/archive.js';
import { passOn, passUnder } from '../support/passes.js';
import { archiveOf } from '../support/server_on.js';
import { PlainServer } from '../support/plain_server.js';
import { bytesOf } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

const WAYS = ['auto', 'checksum', 'read'] as const;
const SIZES = [
  ['small', 20_000],
  ['large', 3 * 2 ** 20],
] as const;
const large = SIZES[1][1];

/** Other bytes in place, with the time that the file had: neither size, identifier nor time tells. */
async function change(onDisk: string): Promise<void> {
  const file = await open(onDisk, 'r+');
  try {
    const { mtime, size } = await file.stat();
    await file.write(Buffer.from('other bytes'), 0, 11, size - 11);
    await file.utimes(mtime, mtime);
  } finally {
    await file.close();
  }
}

/** How the pass's log says that its copies are verified. */
function saidIn(lines: { message: string }[]): string[] {
  return lines.map(({ message }) => message).filter((message) => message.startsWith('copies are verified'));
}

describe('bytes that change on the server between copy and verification', () => {
  for (const verify of WAYS)
    for (const [size, length] of SIZES) {
      it(`verify: ${verify}, ${size}: the record stays, and it is told`, async () => {
        await withSharedArchive(async (bench) => {
          await writeFile(join(bench.cache, 'r'), bytesOf('r', length));
          const around = (store: LimitedStore): Partial<LimitedStore> => ({
            upload: async (...query) => {
              const done = await store.upload(...query);
              await change(bench.sandbox.diskPath('r'));
              return done;
            },
          });
          const { report } = await passUnder(bench, { autoRemove: 'cached', verify }, { around });
          assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
          assert.equal(report.failures[0]?.code, 'CheckSumError');
          assert.deepEqual(await recordsIn(bench.cache), ['r']);
          const next = await bench.pass({ autoRemove: 'cached', verify });
          assert.deepEqual(counts(next), { scanned: 1, conflicts: 1 });
          assert.deepEqual(await recordsIn(bench.cache), ['r']);
        });
      });

      it(`verify: ${verify}, ${size}, that an earlier pass had verified: the record stays`, async () => {
        await withSharedArchive(async (bench) => {
          await writeFile(join(bench.cache, 'r'), bytesOf('r', length));
          assert.deepEqual(counts(await bench.pass({ autoRemove: 'never', verify })), {
            scanned: 1,
            copied: 1,
          });
          const onDisk = bench.sandbox.diskPath('r');
          await change(onDisk);
          // Old enough to be asked for, and with a checksum that nobody has computed for these bytes.
          await utimes(onDisk, 1e9, 1e9);
          const next = await bench.pass({ autoRemove: 'cached', verify });
          assert.deepEqual(counts(next), { scanned: 1, conflicts: 1 });
          assert.deepEqual(await recordsIn(bench.cache), ['r']);
        });
      });
    }
});

describe('a file that goes offline', () => {
  for (const [when, method] of [
    ['between stat and read', 'readChecksum'],
    ['between copy and stat', 'upload'],
  ] as const)
    for (const verify of ['auto', 'read'] as const)
      it(`${when}, verify: ${verify}: nothing is recalled, ${verify === 'read' ? 'the record stays, and it is told' : 'the server is asked'}`, async () => {
        await withArchive({ migrationDelay: 'never' }, async (bench) => {
          await writeFile(join(bench.cache, 'r'), bytesOf('r', 20_000));
          const offline = async () => {
            await bench.sandbox.migrateAll();
            await bench.sandbox.evict(['r']);
          };
          const around = (store: LimitedStore): Partial<LimitedStore> =>
            method === 'upload'
              ? { upload: async (...query) => store.upload(...query).finally(offline) }
              : { readChecksum: async (...query) => offline().then(() => store.readChecksum(...query)) };
          const { report } = await passUnder(bench, { autoRemove: 'backed_up', verify }, { around });
          assert.deepEqual(bench.sandbox.prepares, []);
          assert.equal((await bench.sandbox.stateOf('r'))?.offline, true);
          if (verify === 'auto') {
            // The stat before had no word of tape yet.
            const now = method === 'upload' ? { removedAfterCopy: 1 } : {};
            assert.deepEqual(
              counts(report),
              { scanned: 1, copied: 1, ...now },
              JSON.stringify(report.failures),
            );
            const later = await bench.pass({ autoRemove: 'backed_up', verify });
            assert.deepEqual(counts(later), method === 'upload' ? {} : { scanned: 1, removed: 1 });
            assert.deepEqual(bench.sandbox.prepares, []);
            return;
          }
          assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
          assert.match(
            report.failures[0]?.message ?? '',
            /it is offline: reading it back would recall it from tape/,
          );
          assert.deepEqual(await recordsIn(bench.cache), ['r']);
          const next = await bench.pass({ autoRemove: 'backed_up', verify });
          assert.deepEqual(counts(next), { scanned: 1, failed: 1 });
          assert.deepEqual(bench.sandbox.prepares, []);
        });
      });
});

describe('a server', () => {
  for (const [title, config, said] of [
    [
      'without checksums',
      [],
      "copies are verified by reading them back, those above 1 MiB by the server's adler32 if it has that (it names no checksum types)",
    ],
    [
      'with md5 only',
      ['xrootd.chksum max 4 md5'],
      "copies are verified by reading them back, those above 1 MiB by the server's md5",
    ],
    [
      'with crc32 only',
      ['xrootd.chksum max 4 crc32'],
      'copies are verified by reading them back: the server has crc32, and none of crc32c, md5, adler32',
    ],
    [
      'with one checksum at a time',
      ['xrootd.chksum max 1 adler32'],
      "copies are verified by reading them back, those above 1 MiB by the server's adler32",
    ],
    [
      'with checksums by default',
      ['xrootd.chksum max 4 adler32 crc32c'],
      "copies are verified by reading them back, those above 1 MiB by the server's adler32",
    ],
  ] as const)
    it(`${title}: everything is copied, verified and removed, and one line tells how it is verified`, async () => {
      const server = await PlainServer.start({ config: [...config] });
      try {
        await withTemp(async (cacheDirectory) => {
          const records = [...Array.from({ length: 40 }, (_, i) => `small-${i}`), 'large-0', 'large-1'];
          for (const name of records)
            await writeFile(
              join(cacheDirectory, name),
              bytesOf(name, name.startsWith('large') ? large : 5000),
            );
          const options = { cacheDirectory, targetUrl: `${server.url}//`, settleSeconds: 0 };
          const { report, lines } = await passOn({ ...options, autoRemove: 'cached' });
          const all = records.length;
          assert.deepEqual(
            counts(report),
            { scanned: all, copied: all, removedAfterCopy: all },
            JSON.stringify(report.failures),
          );
          assert.deepEqual(saidIn(lines), [said]);
          const { archive } = archiveOf(options);
          await withTemp(async (to) => {
            const restored = await archive.restore([], { to });
            assert.deepEqual(
              counts(restored),
              { scanned: all, copied: all },
              JSON.stringify(restored.failures),
            );
            const again = await archive.restore([], { to });
            assert.deepEqual(counts(again), { scanned: all, kept: all }, JSON.stringify(again.failures));
            const verified = await archive.verify([], { against: { directory: to } });
            assert.deepEqual(
              counts(verified),
              { scanned: all, verified: all },
              JSON.stringify(verified.failures),
            );
          });
          for (const name of records)
            assert.ok(
              readFileSync(server.file(`/${name}`)).equals(
                bytesOf(name, name.startsWith('large') ? large : 5000),
              ),
            );
        });
      } finally {
        await server.stop();
      }
    });

  it('that fails to compute a checksum: its file is read back', async () => {
    await withSharedArchive(async (bench) => {
      await writeFile(join(bench.cache, 'r'), bytesOf('r', large));
      let asked = 0;
      const around = (): Partial<LimitedStore> => ({
        checksum: (name) => {
          asked += 1;
          // As an xrootd says when its program fails.
          const status = { status: 1, code: 400, errNo: 3012, message: 'Program failed' };
          return Promise.reject(new XRootDError(status, { operation: 'query checksum', target: name }));
        },
      });
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
      assert.equal(asked, 1);
    });
  });
});

describe('a drill', () => {
  it('takes the checksum type that the server has', async () => {
    const extraConfig = ['xrootd.chksum max 4 md5'];
    await withArchive({ migrationDelay: 'never', extraConfig }, async (bench) => {
      await writeFile(join(bench.cache, 'r'), bytesOf('r', large));
      await bench.pass({ autoRemove: 'cached' });
      await bench.sandbox.migrateAll();
      await bench.sandbox.evict(['r']);
      const report = await bench.archive().drill();
      assert.deepEqual(
        counts(report),
        { scanned: 1, verified: 1, evicted: 1 },
        JSON.stringify(report.failures),
      );
    });
  });

  it('takes nothing else for the checksum of a server that refuses it', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await writeFile(join(bench.cache, 'r'), bytesOf('r', large));
      await bench.pass({ autoRemove: 'cached' });
      await bench.sandbox.migrateAll();
      await bench.sandbox.evict(['r']);
      const config = resolveOptions({
        cacheDirectory: bench.cache,
        targetUrl: bench.sandbox.url,
        retryAttempts: 1,
      });
      const store = openStore(config);
      const named = { named: ['md5'], refused: [] };
      const opened = () => ({ ...store, checksumTypes: () => Promise.resolve(named) });
      const { logger } = keepingLogger();
      const report = await drill({ config, logger, events: new EventBus(logger), open: opened });
      assert.match(report.failures[0]?.message ?? '', /md5 checksum not supported|answered with adler32/);
      assert.equal(report.verified, 0);
    });
  });
});

describe('verify: read', () => {
  it('restore skips a file that is there, though the server’s is offline by now', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await writeFile(join(bench.cache, 'r'), bytesOf('r', 20_000));
      await bench.pass({ autoRemove: 'cached' });
      await bench.sandbox.migrateAll();
      await withTemp(async (to) => {
        const archive = bench.archive({ verify: 'read' });
        assert.deepEqual(counts(await archive.restore([], { to })), { scanned: 1, copied: 1 });
        await bench.sandbox.evict(['r']);
        const again = await archive.restore([], { to });
        assert.deepEqual(counts(again), { scanned: 1, kept: 1 }, JSON.stringify(again.failures));
        await writeFile(join(to, 'r'), bytesOf('other', 20_000));
        assert.deepEqual(counts(await archive.restore([], { to })), { scanned: 1, conflicts: 1 });
        assert.deepEqual(bench.sandbox.prepares, []);
      });
    });
  });

  it('a list is compared with what is read, at a server without checksums too', async () => {
    const server = await PlainServer.start();
    try {
      server.write('/r', 'run 121');
      const { archive } = archiveOf({ targetUrl: `${server.url}//`, verify: 'read' });
      const against = { checksums: ['adler32:09b1020a  r'] };
      const report = await archive.verify([], { against });
      assert.deepEqual(counts(report), { scanned: 1, verified: 1 }, JSON.stringify(report.failures));
    } finally {
      await server.stop();
    }
  });
});

describe('a server that falls silent when it is asked about itself', () => {
  for (const [what, method] of [
    ['for its checksum types', 'checksumTypes'],
    ['for its version', 'checksum'],
  ] as const)
    it(`${what}: a pass that is stopped then ends at once`, async () => {
      const server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32'] });
      try {
        await withTemp(async (cacheDirectory) => {
          await writeFile(join(cacheDirectory, 'r'), bytesOf('r', large));
          const stop = new AbortController();
          let stopped = Infinity;
          const silence = <T>(ask: () => Promise<T>): Promise<T> => {
            server.freeze();
            const asking = ask();
            setImmediate(() => {
              stopped = performance.now();
              stop.abort();
            });
            return asking;
          };
          const around = (store: LimitedStore): Partial<LimitedStore> =>
            method === 'checksum'
              ? { checksum: (...query) => silence(() => store.checksum(...query)) }
              : { checksumTypes: (signal) => silence(() => store.checksumTypes(signal)) };
          const options = { cacheDirectory, targetUrl: `${server.url}//`, settleSeconds: 0 };
          const { report } = await passOn(
            { ...options, autoRemove: 'cached' },
            { around, signal: stop.signal },
          );
          assert.equal(report.interrupted, true);
          // The query itself would wait for longer than this.
          assert.ok(performance.now() - stopped < 10_000, `${performance.now() - stopped} ms`);
        });
      } finally {
        server.thaw();
        await server.stop();
      }
    });
});
