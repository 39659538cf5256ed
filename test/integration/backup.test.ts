import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import {
  access,
  chmod,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ownFile } from '../../lib/cache/own_files.js';
import { captureName } from '../../lib/cache/own_files.js';
import { LockedError, type ArchiveEvent } from '../../lib/index.js';
import {
  assertAddsUp,
  collect,
  counts,
  recordsIn,
  withArchive,
  withSharedArchive,
  type Bench,
} from '../support/archive.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { scaled } from '../support/tier.js';

const MiB = 2 ** 20;
const removals = ['never', 'cached', 'backed_up'] as const;

/** Puts a file onto the server behind its back, readable and writable for it. */
async function plant(bench: Bench, path: string, bytes: string | Buffer): Promise<void> {
  const onDisk = bench.sandbox.diskPath(path);
  await mkdir(dirname(onDisk), { recursive: true });
  await writeFile(onDisk, bytes);
  await chmod(onDisk, 0o666);
  // Nobody writes it any more.
  const old = Date.now() / 1000 - 3600;
  await utimes(onDisk, old, old);
}

describe('backup', () => {
  // Beyond what four chunks in flight hold, more bytes make no difference to a copy.
  const small = scaled('small files', 300, 1000);
  const large = scaled('MiB in a large file', 20, 200) * MiB;

  describe(`${small} small files and 5 of ${large / MiB} MiB`, () => {
    const records: [name: string, size: number][] = [
      ...Array.from({ length: small }, (_, i): [string, number] => [
        `shots/${i % 20}/shot-${i}.h5`,
        1000 + i * 13,
      ]),
      ...Array.from({ length: 5 }, (_, i): [string, number] => [`big/shot-${i}.h5`, large]),
    ];
    const count = records.length;
    const total = records.reduce((sum, [, size]) => sum + size, 0);

    async function assertAllRemote(bench: Bench): Promise<void> {
      for (const [name, size] of records) {
        assert.ok(
          await holdsRecord(bench.sandbox.diskPath(name), name, size),
          `${name} differs on the server`,
        );
      }
    }

    it('never copies all and keeps all, twice; backed_up then waits for tape, and removes all', async () => {
      await withSharedArchive(async (bench) => {
        for (const [name, size] of records) await writeRecord(bench.cache, name, size);

        const first = await bench.pass({ autoRemove: 'never' });
        assert.deepEqual(counts(first), { scanned: count, copied: count });
        assert.equal(first.bytesCopied, total);
        await assertAllRemote(bench);

        const second = await bench.pass({ autoRemove: 'never' });
        assert.deepEqual(counts(second), { scanned: count, kept: count });
        assert.equal((await recordsIn(bench.cache)).length, count);

        const waiting = await bench.pass({ autoRemove: 'backed_up' });
        assert.deepEqual(waiting.keptReasons, { 'not on tape yet': count });

        await bench.sandbox.migrateAll();
        const removing = await bench.pass({ autoRemove: 'backed_up' });
        assert.deepEqual(counts(removing), { scanned: count, removed: count });
        assert.equal(removing.bytesRemoved, total);
        // The directories that backup emptied are gone, the cache is not.
        assert.ok((await readdir(bench.cache)).every((name) => ownFile(name) === 'state'));
        await assertAllRemote(bench);
      });
    });

    it('backed_up copies in one pass and removes in a later one', async () => {
      await withSharedArchive(async (bench) => {
        const few = records.slice(-105);
        for (const [name, size] of few) await writeRecord(bench.cache, name, size);
        assert.deepEqual(counts(await bench.pass()), { scanned: few.length, copied: few.length });
        await bench.sandbox.migrateAll();
        assert.deepEqual(counts(await bench.pass()), { scanned: few.length, removed: few.length });
        for (const [name, size] of few)
          assert.ok(await holdsRecord(bench.sandbox.tapePath(name), name, size));
      });
    });

    it('cached copies and removes all in one pass', async () => {
      await withSharedArchive(async (bench) => {
        for (const [name, size] of records) await writeRecord(bench.cache, name, size);
        const report = await bench.pass({ autoRemove: 'cached' });
        assert.deepEqual(counts(report), { scanned: count, copied: count, removedAfterCopy: count });
        assert.deepEqual(await recordsIn(bench.cache), []);
        await assertAllRemote(bench);
      });
    });
  });

  it('never: of a directory whose listing tells most, what differs, is missing or unclear is looked at', async () => {
    await withSharedArchive(async (bench) => {
      for (let i = 0; i < 100; i += 1) await writeRecord(bench.cache, `day/shot ${i}`, 1000 + i);
      await bench.pass({ autoRemove: 'never', verify: 'size' });
      await rm(bench.sandbox.diskPath('day/shot 1'));
      await plant(bench, 'day/shot 2', 'of another size');
      await plant(bench, 'day/shot 3', Buffer.alloc(2000));
      await rm(bench.sandbox.diskPath('day/shot 4'));
      await mkdir(bench.sandbox.diskPath('day/shot 4'));
      // On the server a name that isn't UTF-8, here the one that it would be read as.
      const mangled = Buffer.concat([Buffer.from(bench.sandbox.diskPath('day/x')), Buffer.from([0xff])]);
      await writeFile(mangled, 'other');
      await writeFile(join(bench.cache, 'day/x\uFFFD'), 'bytes');
      const report = await bench.pass({ autoRemove: 'never', verify: 'size' });
      assert.deepEqual(counts(report), { scanned: 101, kept: 96, copied: 2, conflicts: 3 });
      assert.deepEqual(report.failures.map(({ path }) => path).sort(), [
        'day/shot 2',
        'day/shot 3',
        'day/shot 4',
      ]);
      assert.equal(await readFile(bench.sandbox.diskPath('day/x\uFFFD'), 'utf8'), 'bytes');
      assert.equal((await recordsIn(bench.cache)).length, 101);
    });
  });

  describe('a remote file that differs', () => {
    const differing: [what: string, bytes: string, message: RegExp][] = [
      ['shorter, with other bytes', 'other', /shorter \(5 of 11 bytes\) and has other bytes/],
      ['longer', 'hello world and more', /longer: 20 bytes, the local one has 11/],
      ['of the same size with other bytes', 'HELLO WORLD', /has other bytes/],
    ];
    for (const autoRemove of removals) {
      for (const [what, bytes, message] of differing) {
        it(`${what}: never removed locally under ${autoRemove}, never overwritten, reported`, async () => {
          await withSharedArchive(async (bench) => {
            await writeFile(join(bench.cache, 'r'), 'hello world');
            await plant(bench, 'r', bytes);
            for (const onTape of [false, true]) {
              if (onTape) await bench.sandbox.migrateAll();
              const report = await bench.pass({ autoRemove });
              assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
              if (!onTape) assert.match(report.failures[0]?.message ?? '', message);
              assert.equal(report.failures[0]?.path, 'r');
              assert.equal(await readFile(join(bench.cache, 'r'), 'utf8'), 'hello world');
              assert.equal(await readFile(bench.sandbox.diskPath('r'), 'utf8'), bytes);
              const failed = bench.events.find((event) => event.type === 'file:failed');
              assert.equal(failed?.conflict, true);
            }
          });
        });
      }
    }

    it('a directory in its place is a conflict', async () => {
      await withSharedArchive(async (bench) => {
        await writeFile(join(bench.cache, 'r'), 'hello');
        await plant(bench, 'r/inside', 'x');
        const report = await bench.pass({ autoRemove: 'cached' });
        assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
        assert.match(report.failures[0]?.message ?? '', /a directory stands/);
      });
    });

    it('a file in the place of its directory fails, and loses nothing', async () => {
      await withSharedArchive(async (bench) => {
        await writeRecord(bench.cache, 'd/r', 10);
        await plant(bench, 'd', 'x');
        const report = await bench.pass({ autoRemove: 'cached' });
        assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
        assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
      });
    });
  });

  describe('an unfinished copy of ours', () => {
    for (const size of [0, 1, 5 * MiB + 7]) {
      it(`of ${size} bytes is replaced`, async () => {
        await withSharedArchive(async (bench) => {
          await writeRecord(bench.cache, 'r', 8 * MiB);
          await plant(bench, 'r', (await readFile(join(bench.cache, 'r'))).subarray(0, size));
          assert.deepEqual(counts(await bench.pass()), { scanned: 1, copied: 1 });
          assert.ok(await holdsRecord(bench.sandbox.diskPath('r'), 'r', 8 * MiB));
        });
      });
    }

    it('is not replaced once it is on tape', async () => {
      await withSharedArchive(async (bench) => {
        await writeFile(join(bench.cache, 'r'), 'hello world');
        await plant(bench, 'r', 'hello');
        await bench.sandbox.migrateAll();
        const report = await bench.pass();
        assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
        assert.match(report.failures[0]?.message ?? '', /already on tape/);
      });
    });
  });

  it('removes nothing under backed_up from a server without tape, and the log says why', async () => {
    await withArchive({ tapeFlags: false }, async (bench) => {
      await writeRecord(bench.cache, 'r', 1000);
      assert.deepEqual(counts(await bench.pass()), { scanned: 1, copied: 1 });
      assert.deepEqual((await bench.pass()).keptReasons, { 'not on tape yet': 1 });
      const warning = bench.lines.find(
        (line) => line.level === 'warn' && line.message.includes('BackUpExists'),
      );
      assert.match(warning?.message ?? '', /nothing could be removed.*this server has no tape/);
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
    });
  });

  it('leaves what changed within settle_seconds alone, also when it could be removed', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 1000);
      const fresh = await bench.pass({ settleSeconds: 3600 });
      assert.deepEqual(fresh.keptReasons, { 'changed too recently': 1 });
      await bench.pass();
      await bench.sandbox.migrateAll();
      assert.deepEqual((await bench.pass({ settleSeconds: 3600 })).keptReasons, {
        'changed too recently': 1,
      });
      assert.deepEqual(counts(await bench.pass()), { scanned: 1, removed: 1 });
    });
  });

  it('a dry run changes nothing and tells what would be done', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'a', 1000);
      const archive = bench.archive();
      const report = await archive.backup({ dryRun: true });
      assert.deepEqual([counts(report), report.dryRun], [{ scanned: 1, copied: 1 }, true]);
      await assert.rejects(access(bench.sandbox.diskPath('a')), { code: 'ENOENT' });
      await bench.pass();
      await bench.sandbox.migrateAll();
      assert.deepEqual(counts(await archive.backup({ dryRun: true })), { scanned: 1, removed: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['a']);
    });
  });

  it('what is no record, or has a name that XRootD cannot carry, is reported and kept; all else goes on', async () => {
    await withSharedArchive(async (bench) => {
      const { cache } = bench;
      await writeRecord(cache, 'good', 100);
      await writeRecord(cache, 'is%20 literal # & é', 100);
      await writeFile(join(cache, 'what?now'), 'x');
      await writeFile(join(cache, 'new\nline'), 'x');
      await writeFile(Buffer.concat([Buffer.from(`${cache}/`), Buffer.from([0xff, 0xfe])]), 'x');
      await writeFile(join(cache, 'list.meta4'), 'not a metalink');
      await symlink('/etc/passwd', join(cache, 'out'));
      await symlink('/etc', join(cache, 'outdir'));
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(counts(report), { scanned: 8, copied: 3, removedAfterCopy: 3, failed: 5 });
      assert.deepEqual(report.failures.map(({ path, code }) => `${code} ${path}`).sort(), [
        'BadName \\xff\\xfe',
        'BadName new\\x0aline',
        'BadName what?now',
        'NotARecord out',
        'NotARecord outdir',
      ]);
      assert.deepEqual((await readdir(bench.sandbox.diskPath(''))).sort(), [
        'good',
        'is%20 literal # & é',
        'list.meta4',
      ]);
      assert.equal((await recordsIn(cache)).length, 5);
    });
  });

  it('a copy whose local file cannot be removed is a failure that is told, and both stay', async () => {
    const name = 'r';
    await withArchive({}, async (bench) => {
      await writeRecord(bench.cache, name, 1000);
      const archive = bench.archive({ autoRemove: 'cached' });
      // Nothing may be renamed over what is there.
      archive.on('file:copied', () => {
        writeFileSync(join(bench.cache, captureName(name)), 'x');
      });
      const report = await archive.backup();
      assertAddsUp(report);
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.deepEqual(
        report.failures.map(({ path, code }) => [path, code]),
        [[name, 'NotRemoved']],
      );
      assert.ok(await holdsRecord(join(bench.cache, name), name, 1000));
      assert.ok(await holdsRecord(bench.sandbox.diskPath(name), name, 1000));
    });
  });

  it('a name as long as names can be is archived and removed like others', async () => {
    const names = [`${'n'.repeat(251)}.h5`, '束'.repeat(77)];
    await withArchive({}, async (bench) => {
      for (const name of names) await writeRecord(bench.cache, name, 1000);
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(counts(report), { scanned: 2, copied: 2, removedAfterCopy: 2 });
      assert.deepEqual(await recordsIn(bench.cache), []);
      for (const name of names) assert.ok(await holdsRecord(bench.sandbox.diskPath(name), name, 1000), name);
    });
  });

  it('does not read again what it compared before, unless something changed or is to be removed', async () => {
    await withSharedArchive(async (bench) => {
      await writeFile(join(bench.cache, 'r'), 'hello world');
      await bench.pass({ autoRemove: 'never' });
      const remote = bench.sandbox.diskPath('r');
      const { atime, mtime } = await stat(remote);
      await bench.sandbox.corrupt('r');
      // Behind everybody's back, size and time as they were: a pass that removes nothing doesn't see it.
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'never' })), { scanned: 1, kept: 1 });
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'backed_up' })), { scanned: 1, kept: 1 });
      // One that would remove does (S1).
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'cached' })), { scanned: 1, conflicts: 1 });
      await bench.sandbox.migrateAll();
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'backed_up' })), { scanned: 1, conflicts: 1 });
      // With another time it is another file, for every pass.
      await utimes(remote, atime, new Date(mtime.getTime() + 5000));
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'never' })), { scanned: 1, conflicts: 1 });
      // So is another local file.
      await utimes(remote, atime, mtime);
      await utimes(join(bench.cache, 'r'), atime, mtime);
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'never' })), { scanned: 1, conflicts: 1 });
      assert.equal(await readFile(join(bench.cache, 'r'), 'utf8'), 'hello world');
    });
  });

  it('a memo that is no memo is none', async () => {
    await withSharedArchive(async (bench) => {
      await writeFile(join(bench.cache, 'r'), 'hello world');
      await writeFile(join(bench.cache, '.xrootd-archive.verified'), 'nonsense');
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'never' })), { scanned: 1, copied: 1 });
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'never' })), { scanned: 1, kept: 1 });
    });
  });

  it('a full disk buffer fails the copy and keeps the record; nothing of it stays on the server', async () => {
    await withArchive({ migrationDelay: 'never', bufferSize: 3 * MiB }, async (bench) => {
      await writeRecord(bench.cache, 'small', MiB);
      await bench.pass();
      await writeRecord(bench.cache, 'large', 8 * MiB);
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(counts(report), { scanned: 2, removed: 1, failed: 1 });
      assert.equal(report.failures[0]?.code, 'NoSpace');
      assert.deepEqual(await recordsIn(bench.cache), ['large']);
      await assert.rejects(access(bench.sandbox.diskPath('large')), { code: 'ENOENT' });
    });
  });

  it('one pass at a time: a second one is refused and touches nothing', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 50 * MiB);
      const archive = bench.archive();
      let refused: Promise<void> | undefined;
      archive.on('file:copying', () => {
        refused = assert.rejects(bench.archive().backup(), LockedError);
      });
      assert.deepEqual(counts(await archive.backup()), { scanned: 1, copied: 1 });
      assert.ok(refused !== undefined);
      await refused;
      assert.deepEqual(counts(await bench.archive().backup()), { scanned: 1, kept: 1 });
    });
  });

  it('puts the capture of a crashed pass back, and archives it', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'd/r', 1000);
      await rename(join(bench.cache, 'd/r'), join(bench.cache, 'd/.xrootd-archive.removing.r'));
      await bench.pass();
      assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'cached' })).removedAfterCopy ?? 1, 1);
      assert.ok(await holdsRecord(bench.sandbox.diskPath('d/r'), 'd/r', 1000));
    });
  });

  it('tells its course by events, and a listener that throws harms nothing', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 30 * MiB);
      const archive = bench.archive({ autoRemove: 'cached', verify: 'checksum', checksumType: 'crc32c' });
      archive.onAny(() => {
        throw new Error('listener');
      });
      const events: ArchiveEvent[] = [];
      archive.onAny((event) => events.push(event));
      const report = await archive.backup();
      assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
      const types = events
        .map(({ type }) => type)
        .filter((type) => type !== 'progress' && type !== 'file:progress');
      assert.deepEqual(types, [
        'pass:started',
        'usage',
        'file:copying',
        'file:copied',
        'file:removed',
        'pass:finished',
      ]);
      const copied = events.find((event) => event.type === 'file:copied');
      assert.match(copied?.checksum ?? '', /^crc32c:[0-9a-f]{8}$/);
      const last = events.filter((event) => event.type === 'progress').at(-1);
      assert.deepEqual([last?.filesDone, last?.bytesDone, last?.etaSeconds], [1, 30 * MiB, 0]);
      const ended = events.at(-1);
      assert.deepEqual(ended, { type: 'pass:finished', report, jobId: ended?.jobId });
      assert.ok(bench.lines.some(({ message }) => message === 'a listener threw'));
    });
  });

  it('status and ls tell where the records are', async () => {
    await withSharedArchive(async (bench) => {
      for (const name of ['a/1', 'a/2', 'b']) await writeRecord(bench.cache, name, 1000);
      await utimes(join(bench.cache, 'b'), 1, 1);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      await bench.sandbox.evict(['a/1']);
      await writeRecord(bench.cache, 'c', 10);
      const archive = bench.archive();
      const states = await collect(archive.status());
      assert.deepEqual(states.map(({ path, state, online }) => [path, state, online]).sort(), [
        ['a/1', 'backed_up', false],
        ['a/2', 'backed_up', true],
        ['b', 'backed_up', true],
        ['c', 'absent', undefined],
      ]);
      assert.deepEqual((await collect(archive.status(['a/1'], { verify: true })))[0]?.state, 'backed_up');
      const listed = await collect(archive.ls(['.'], { recursive: true }));
      assert.deepEqual(
        listed
          .map((entry) =>
            'failed' in entry ? entry : [entry.path, entry.isDirectory, entry.online, entry.onTape],
          )
          .sort(),
        [
          ['a', true, true, false],
          ['a/1', false, false, true],
          ['a/2', false, true, true],
          ['b', false, true, true],
        ],
      );
      const [missing] = await collect(archive.ls(['nothing']));
      assert.ok(missing !== undefined && 'failed' in missing);
    });
  });
});
