/** Uploads that are known to be unfinished: nobody takes them for the records that they are named for. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Archive, type Report } from '../../lib/index.js';
import { collect, counts, withSharedArchive, type Bench } from '../support/archive.js';
import { fileIn } from '../support/catalogue.js';
import { cli } from '../support/cli.js';
import { PlainServer } from '../support/plain_server.js';
import { bytesOf, holdsRecord, writeRecord } from '../support/records.js';
import { quick, until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const failures = ({ failures: all }: Report) => all.map(({ code, path }) => `${code} ${path}`).sort();
const told = /still in the cache with 60000 bytes, the server has 6000 of them: its upload isn't finished/;
const cut = 'd/cut';

/** One record whose upload has stopped at a tenth, and one that is complete. */
async function withCut(use: (bench: Bench) => Promise<void>): Promise<void> {
  await withSharedArchive(async (bench) => {
    await writeRecord(bench.cache, 'd/whole', 1000);
    await bench.pass({ autoRemove: 'never' });
    await writeRecord(bench.cache, cut, 60_000);
    await writeFile(bench.sandbox.diskPath(cut), bytesOf(cut, 60_000).subarray(0, 6000));
    await chmod(bench.sandbox.diskPath(cut), 0o666);
    await use(bench);
  });
}

describe('an unfinished upload that a pass would replace', () => {
  for (const [how, bytes] of [
    ['has a tenth of it', 6000],
    ['has no bytes', 0],
  ] as const)
    it(`stays while its record can't be copied, because somebody writes it; ${how}`, async () => {
      await withCut(async (bench) => {
        await truncate(bench.sandbox.diskPath(cut), bytes);
        const again = { unfinishedAfterSeconds: 0, autoRemove: 'cached' } as const;
        const writer = await open(join(bench.cache, cut), 'r+');
        const report = await bench.pass(again);
        assert.equal(report.keptReasons['open for writing in another process'], 1);
        // It may be the only copy of an earlier record of this name.
        assert.equal((await stat(bench.sandbox.diskPath(cut))).size, bytes);
        await writer.close();
        await until(async () => (await bench.pass(again)).kept === 0);
        assert.ok(await holdsRecord(bench.sandbox.diskPath(cut), cut, 60_000));
      });
    });
});

describe('a shorter file that an earlier record has left there', () => {
  const settings = { autoRemove: 'cached', unfinishedAfterSeconds: 0 } as const;
  const again =
    /the remote file is a record of that name that has left the cache \(\d+ bytes\), and this one begins/;
  const shared = { index: 0, count: 1 };

  for (const [how, bytes, first, second] of [
    ['with bytes', 'abc', undefined, undefined],
    ['without bytes', '', undefined, undefined],
    ['archived by a shard, met by a whole pass', 'abc', shared, undefined],
    ['archived by a whole pass, met by a shard', 'abc', undefined, shared],
  ] as const)
    it(`is not replaced by one that begins with its bytes, until it is forgotten; ${how}`, async () => {
      await withSharedArchive(async (bench) => {
        const archive = bench.archive(settings);
        const remote = bench.sandbox.diskPath('r');
        await writeFile(join(bench.cache, 'r'), bytes);
        assert.equal((await archive.backup({ shard: first })).removedAfterCopy, 1);
        await writeFile(join(bench.cache, 'r'), 'abcdef');
        for (const dryRun of [true, false]) {
          const report = await archive.backup({ shard: second, dryRun });
          assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
          assert.match(report.failures[0]?.message ?? '', again);
          assert.equal(await readFile(remote, 'utf8'), bytes);
        }
        await archive.catalogue.forget(['r'], { reason: 'test' });
        const report = await archive.backup({ shard: second });
        assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
        assert.equal(await readFile(remote, 'utf8'), 'abcdef');
      });
    });

  it('is replaced if the record was longer, or had not left the cache', async () => {
    await withSharedArchive(async (bench) => {
      const remote = bench.sandbox.diskPath('r');
      await writeFile(join(bench.cache, 'r'), 'ab');
      await bench.pass({ ...settings, autoRemove: 'never' });
      await writeFile(join(bench.cache, 'r'), 'abcd');
      assert.equal((await bench.pass(settings)).removedAfterCopy, 1);
      await truncate(remote, 2);
      await writeFile(join(bench.cache, 'r'), 'abcdef');
      const report = await bench.pass(settings);
      assert.deepEqual(counts(report), { scanned: 2, copied: 1, removedAfterCopy: 1, failed: 1 });
      assert.equal(await readFile(remote, 'utf8'), 'abcdef');
    });
  });

  it('is replaced if it came back to the cache, and was extended there', async () => {
    await withSharedArchive(async (bench) => {
      const archive = bench.archive(settings);
      await writeFile(join(bench.cache, 'r'), 'abc');
      assert.equal((await archive.backup({ shard: shared })).removedAfterCopy, 1);
      await writeFile(join(bench.cache, 'r'), 'abc');
      assert.equal((await bench.pass({ ...settings, autoRemove: 'never' })).kept, 1);
      await appendFile(join(bench.cache, 'r'), 'def');
      assert.equal((await bench.pass(settings)).copied, 1);
      assert.equal(await readFile(bench.sandbox.diskPath('r'), 'utf8'), 'abcdef');
    });
  });

  it('stays if a catalogue that may know it cannot be read', async () => {
    await withSharedArchive(async (bench) => {
      const archive = bench.archive(settings);
      const remote = bench.sandbox.diskPath('r');
      await writeFile(join(bench.cache, 'r'), 'abc');
      assert.equal((await archive.backup({ shard: shared })).removedAfterCopy, 1);
      await writeFile(`${fileIn(bench.cache)}.0-of-1`, 'damaged');
      await writeFile(join(bench.cache, 'r'), 'abcdef');
      const report = await archive.backup();
      assert.deepEqual(failures(report), [`CatalogueUnusable ${fileIn(bench.cache)}.0-of-1`, 'Unverified r']);
      assert.equal(await readFile(remote, 'utf8'), 'abc');
    });
  });
});

describe('an unfinished upload, known by the cache', () => {
  it('is not restored, staged or drilled, also not as a try', async () => {
    await withCut(async (bench) => {
      await bench.sandbox.migrateAll();
      const archive = bench.archive(quick);
      for (const dryRun of [true, false])
        await withTemp(async (to) => {
          const report = await archive.restore(['.'], { to, dryRun });
          assert.deepEqual(failures(report), [`Unfinished ${cut}`]);
          assert.match(report.failures[0]?.message ?? '', told);
          assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1 });
          if (!dryRun) assert.deepEqual(readdirSync(join(to, 'd')), ['whole']);
        });
      assert.deepEqual(failures(await archive.stage(['.'])), [`Unfinished ${cut}`]);
      await bench.sandbox.evict(['d/whole', cut]);
      const drilled = await archive.drill();
      assert.deepEqual(failures(drilled), [`Unfinished ${cut}`]);
      assert.deepEqual(counts(drilled), { scanned: 2, verified: 1, failed: 1, evicted: 1 });
    });
  });

  it('does not replace the whole record, where that is restored into the cache itself', async () => {
    await withCut(async (bench) => {
      const report = await bench.archive().restore(['.'], { to: bench.cache, overwrite: true });
      assert.deepEqual(counts(report), { scanned: 2, kept: 1, failed: 1 });
      assert.deepEqual(failures(report), [`Unfinished ${cut}`]);
      assert.ok(await holdsRecord(join(bench.cache, cut), cut, 60_000));
    });
  });

  it('is marked by ls', async () => {
    await withCut(async (bench) => {
      const entries = await collect(bench.archive().ls(['d']));
      assert.deepEqual(
        entries.map(({ path, ...entry }) => [path, 'unfinished' in entry && entry.unfinished]).sort(),
        [
          [cut, true],
          ['d/whole', false],
        ],
      );
      const args = ['d', '--cache', bench.cache, '--target', bench.sandbox.url];
      const long = await cli(['ls', '-l', ...args]);
      assert.equal(long.code, 0, long.stderr);
      const lines = long.stdout.trim().split('\n');
      assert.match(lines.find((line) => line.includes(cut)) ?? '', /d\/cut {2}\(unfinished: the record is/);
      assert.ok(!(lines.find((line) => line.includes('whole')) ?? '').includes('unfinished'));
    });
  });

  it('is told by verify, although what it is compared with is cut at the same place', async () => {
    await withCut(async (bench) => {
      await withTemp(async (directory) => {
        await mkdir(join(directory, dirname(cut)));
        await writeFile(join(directory, cut), bytesOf(cut, 6000));
        const report = await bench.archive().verify([], { against: { directory } });
        assert.deepEqual(failures(report), [`Unfinished ${cut}`]);
        assert.match(report.failures[0]?.message ?? '', told);
      });
    });
  });

  it('is the record once the cache has no more, or has less', async () => {
    await withCut(async (bench) => {
      await truncate(join(bench.cache, cut), 6000);
      await withTemp(async (to) => {
        assert.deepEqual(counts(await bench.archive().restore(['.'], { to })), { scanned: 2, copied: 2 });
      });
    });
  });
});

describe('an unfinished upload, known by the server', () => {
  it('with posc: is told by ls and restore', async () => {
    const server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32'] });
    try {
      server.mkdir('/archive');
      await withTemp(async (to) => {
        const source = join(to, 'source');
        writeFileSync(source, Buffer.alloc(24 * 2 ** 20));
        const library = new URL('../../lib/xrdcl/index.js', import.meta.url).href;
        const script = `
          const { copyFile } = await import(${JSON.stringify(library)});
          const job = { source: ${JSON.stringify(source)}, target: ${JSON.stringify(server.urlOf('/archive/r'))},
            posc: true, xrate: 2 ** 22, chunkSize: 2 ** 20 };
          await copyFile(job, { onProgress: ({ bytes }) => { if (bytes > 2 ** 20) process.stdout.write('.'); } });`;
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        child.stdout.on('data', () => child.kill('SIGKILL'));
        await once(child, 'close');
        assert.equal(child.signalCode, 'SIGKILL');

        const archive = new Archive({ targetUrl: server.urlOf('/archive'), logLevel: 'error' });
        const [entry, ...others] = await collect(archive.ls());
        assert.deepEqual(others, []);
        assert.ok(
          entry !== undefined && !('failed' in entry) && entry.unfinished === true,
          JSON.stringify(entry),
        );
        assert.match(entry.reason ?? '', /isn't finished.*posc/);
        const report = await archive.restore(['.'], { to: join(to, 'back') });
        assert.deepEqual(failures(report), ['Unfinished r']);
        assert.ok(!readdirSync(join(to, 'back')).includes('r'));
      });
    } finally {
      await server.stop();
    }
  });
});

describe('a record that left the cache, on the server under the name of one that begins with its bytes', () => {
  for (const how of ['gone', 'damaged'] as const)
    it(`stays there while the catalogue is ${how} (S11)`, async () => {
      await withSharedArchive(async ({ sandbox, cache, pass }) => {
        const local = join(cache, 'a');
        await writeFile(local, 'first');
        assert.equal((await pass({ autoRemove: 'cached' })).removedAfterCopy, 1);
        await utimes(sandbox.diskPath('a'), 1_700_000_000, 1_700_000_000);
        for (const name of await readdir(cache))
          if (!/catalogue(-wal|-shm)?$/.test(name)) continue;
          else if (how === 'gone') await rm(join(cache, name));
          else await writeFile(join(cache, name), Buffer.alloc(8192, 'x'));
        await writeFile(local, 'first, and more');
        const report = await pass({ autoRemove: 'cached' });
        assert.match(JSON.stringify(report.failures), /can't be known: rows are missing/);
        assert.equal(await readFile(sandbox.diskPath('a'), 'utf8'), 'first');
        assert.equal(await readFile(local, 'utf8'), 'first, and more');
      });
    });
});
