/** S1: adler32 alone proves no bytes; files of other bytes share it easily. */
import assert from 'node:assert/strict';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveOptions } from '../../lib/config/index.js';
import type { ArchiveOptions } from '../../lib/index.js';
import { openStore } from '../../lib/remote/open_store.js';
import { checksumFile } from '../../lib/posix/index.js';
import { counts, recordsIn, withArchive, withSharedArchive, type Bench } from '../support/archive.js';
import { passUnder } from '../support/passes.js';
import { PlainServer } from '../support/plain_server.js';
import { cut, pass as retentionPass } from '../support/retention.js';
import { withTemp } from '../support/temporary.js';

const PAIRS = [
  ['run 121', 'run 202'],
  ['"start": "10:01:00"', '"start": "01:10:00"'],
  ['x=12 y=21', 'x=21 y=12'],
] as const;
const WEAK = 'only adler32 could be compared, which is no proof';
const adlerOnly = { extraConfig: ['xrootd.chksum max 4 adler32'] };

/** Larger than what is read back in any case. */
const large = (text: string) => Buffer.concat([Buffer.alloc(3 * 2 ** 20, 'padding '), Buffer.from(text)]);

/** Each record is archived, put on tape, and then corrected in the cache. */
async function corrected(bench: Bench, content = (text: string): Buffer => Buffer.from(text)): Promise<void> {
  for (const [index, [before]] of PAIRS.entries())
    await writeFile(join(bench.cache, `r${index}`), content(before));
  await bench.pass({ autoRemove: 'never' });
  await bench.sandbox.migrateAll();
  for (const [index, [before, after]] of PAIRS.entries()) {
    const path = join(bench.cache, `r${index}`);
    const sum = (await checksumFile(path)).value;
    assert.equal(content(before).length, content(after).length);
    await writeFile(path, content(after));
    assert.equal((await checksumFile(path)).value, sum, 'the pair collides');
  }
}

const NAMES = PAIRS.map((_, index) => `r${index}`);

describe('a record that was archived and then corrected, with the same size and adler32', () => {
  for (const [server, options] of [
    ['a server with adler32 and crc32c', {}],
    ['a server with adler32 alone', adlerOnly],
  ] as const)
    for (const [size, content] of [
      ['small', undefined],
      ['large', large],
    ] as const)
      for (const autoRemove of ['cached', 'backed_up'] as const)
        it(`${size}, ${autoRemove}, ${server}: a conflict, and it stays`, async () => {
          await withArchive({ migrationDelay: 'never', ...options }, async (bench) => {
            await corrected(bench, content);
            for (const ahead of [0, 3_600_000]) {
              const { report } = await passUnder(bench, { autoRemove }, { ahead });
              assert.deepEqual(counts(report), { scanned: 3, conflicts: 3 });
            }
            assert.deepEqual(await recordsIn(bench.cache), NAMES);
          });
        });

  it('offline: nothing but adler32 can be compared, so that it stays, and the log says what to do', async () => {
    await withSharedArchive(async (bench) => {
      await corrected(bench);
      await bench.sandbox.evict(NAMES);
      for (const autoRemove of ['cached', 'backed_up'] as const) {
        const { report, lines } = await passUnder(bench, { autoRemove });
        assert.deepEqual(report.keptReasons, { [WEAK]: 3 });
        assert.ok(lines.some(({ level, message }) => level === 'warn' && message.includes('trust_adler32')));
      }
      assert.deepEqual(await recordsIn(bench.cache), NAMES);
      // Staged, it is read back.
      await bench.sandbox.stage(NAMES);
      while ((await bench.sandbox.stateOf('r2'))?.offline !== false) await new Promise(setImmediate);
      while ((await bench.sandbox.stateOf('r1'))?.offline !== false) await new Promise(setImmediate);
      while ((await bench.sandbox.stateOf('r0'))?.offline !== false) await new Promise(setImmediate);
      assert.deepEqual(counts(await bench.pass()), { scanned: 3, conflicts: 3 });
    });
  });

  it('offline with trust_adler32, as the operator says: it goes', async () => {
    await withSharedArchive(async (bench) => {
      await corrected(bench);
      await bench.sandbox.evict(NAMES);
      assert.deepEqual(counts(await bench.pass({ trustAdler32: true })), { scanned: 3, removed: 3 });
    });
  });

  for (const trusting of [{ keepLocal: '1d' }, { autoRemove: 'never' }] as const)
    it(`offline, seen by a pass with trust_adler32 and ${JSON.stringify(trusting)}: one without it keeps it`, async () => {
      await withSharedArchive(async (bench) => {
        await corrected(bench);
        await bench.sandbox.evict(NAMES);
        // What that pass accepted stands in the memo, where the later ones look it up.
        const trusted = await bench.pass({ ...trusting, trustAdler32: true });
        assert.deepEqual(counts(trusted), { scanned: 3, kept: 3 });
        for (const autoRemove of ['backed_up', 'cached'] as const) {
          const { report } = await passUnder(bench, { autoRemove });
          assert.deepEqual(counts(report), { scanned: 3, kept: 3 });
          assert.deepEqual(report.keptReasons, { [WEAK]: 3 });
        }
        assert.deepEqual(await recordsIn(bench.cache), NAMES);
      });
    });

  it('verify compares by more than adler32 where the server has more', async () => {
    await withSharedArchive(async (bench) => {
      await corrected(bench);
      const report = await bench.archive().verify();
      assert.deepEqual(counts(report), { scanned: 3, conflicts: 3 });
    });
  });

  it('retention: the online file stays, on disk and offline', async () => {
    await withSharedArchive(async (bench) => {
      await corrected(bench);
      for (const name of NAMES) await utimes(join(bench.cache, name), 1e9, 1e9);
      const online = await retentionPass(bench, {});
      assert.deepEqual(counts(online), { scanned: 3, conflicts: 3 });
      await bench.sandbox.evict(NAMES);
      const offline = await retentionPass(bench, {});
      assert.deepEqual(offline.keptReasons, { [WEAK]: 3 });
      assert.deepEqual(await recordsIn(bench.cache), NAMES);
    });
  });
});

describe('a record that is what was archived', () => {
  const archived = async (bench: Bench): Promise<void> => {
    for (const [index, [text]] of PAIRS.entries()) await writeFile(join(bench.cache, `r${index}`), text);
    await bench.pass({ autoRemove: 'never' });
    await bench.sandbox.migrateAll();
    await bench.sandbox.evict(NAMES);
  };

  it('goes by adler32 when it is offline: this archive remembers that it copied these very bytes', async () => {
    await withSharedArchive(async (bench) => {
      await archived(bench);
      assert.deepEqual(counts(await bench.pass()), { scanned: 3, removed: 3 });
    });
  });

  it('stays when nothing is remembered of it, and is not read again in each pass', async () => {
    await withSharedArchive(async (bench) => {
      await archived(bench);
      await rm(join(bench.cache, '.xrootd-archive.verified'));
      for (let pass = 0; pass < 2; pass += 1) {
        let asked = 0;
        const { report } = await passUnder(
          bench,
          {},
          {
            around: (store) => ({
              checksum: (...query) => {
                asked += 1;
                return store.checksum(...query);
              },
            }),
          },
        );
        assert.deepEqual(report.keptReasons, { [WEAK]: 3 });
        assert.equal(asked, pass === 0 ? 3 : 0);
      }
    });
  });
});

describe('bytes that changed on the server under an old checksum', () => {
  const options: Partial<ArchiveOptions> = { autoRemove: 'backed_up' };

  for (const [server, more] of [
    ['adler32 and crc32c', {}],
    ['adler32 alone', adlerOnly],
  ] as const)
    for (const [size, content] of [
      ['small', Buffer.from('0123456789')],
      ['large', large('0123456789')],
    ] as const)
      it(`${size}, within the second of our own comparison, ${server}: a conflict`, async () => {
        await withArchive({ migrationDelay: 'never', ...more }, async (bench) => {
          await writeFile(join(bench.cache, 'r'), content);
          await bench.pass(options);
          await bench.sandbox.corrupt('r', { copy: 'disk', keepChecksums: true });
          await bench.sandbox.migrateAll();
          for (const ahead of [0, 3_600_000]) {
            const { report } = await passUnder(bench, options, { ahead });
            assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
          }
          assert.deepEqual(await recordsIn(bench.cache), ['r']);
        });
      });
});

describe('the checksum types that a server says it has', () => {
  for (const [config, types] of [
    [['xrootd.chksum max 4 adler32 crc32c'], ['adler32', 'crc32c']],
    [['xrootd.chksum max 4 CRC32C Adler32'], ['crc32c', 'adler32']],
    [['xrootd.chksum max 4 md5'], ['md5']],
    [[], []],
  ] as const)
    it(config.join() || 'none', async () => {
      const server = await PlainServer.start({ config: [...config] });
      try {
        const store = openStore(resolveOptions({ targetUrl: `${server.url}//` }));
        assert.deepEqual(await store.checksumTypes(), { named: types, refused: [] });
      } finally {
        await server.stop();
      }
    });
});

describe('a large record that has left the cache, on a server with adler32 alone', () => {
  async function gone(use: (bench: Bench, bytes: Buffer) => Promise<void>): Promise<void> {
    await withArchive({ migrationDelay: 'never', ...adlerOnly }, async (bench) => {
      const bytes = large('x');
      await writeFile(join(bench.cache, 'a'), bytes);
      await utimes(join(bench.cache, 'a'), 1_700_000_000, 1_700_000_000);
      assert.equal((await bench.pass({ autoRemove: 'cached' })).removedAfterCopy, 1);
      await bench.sandbox.migrateAll();
      await use(bench, bytes);
    });
  }

  it('is no loss when it is sent once more with another time', async () => {
    await gone(async (bench, bytes) => {
      await writeFile(join(bench.cache, 'a'), bytes);
      const { removed, failures } = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual([removed, failures], [1, []]);
    });
  });

  it('is no loss when retention removes an online file of it that has another time', async () => {
    await gone(async (bench, bytes) => {
      await withTemp(async (onlineDirectory) => {
        await writeFile(join(onlineDirectory, 'a'), bytes);
        await utimes(join(onlineDirectory, 'a'), cut - 1, cut - 1);
        assert.equal((await retentionPass(bench, { onlineDirectory })).removed, 1);
      });
      assert.deepEqual((await bench.pass({ autoRemove: 'cached' })).failures, []);
    });
  });
});
