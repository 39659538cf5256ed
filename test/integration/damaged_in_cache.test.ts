import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveOptions, Report } from '../../lib/index.js';
import { checksumFile, keepChecksum } from '../../lib/posix/index.js';
import { withSharedArchive, type Bench } from '../support/archive.js';
import { flipBit } from '../support/damage.js';
import { passUnder } from '../support/passes.js';
import { bytesOf } from '../support/records.js';
import { withMounted } from '../support/small_disk.js';
import { pass as retentionPass } from '../support/retention.js';

const sizes = { small: 1000, large: 2 * 1024 * 1024 + 1 };
const ways = ['auto', 'checksum', 'read', 'size'] as const;

/** A good record and one that is damaged after it was put. */
async function putTwo(bench: Bench, size: number, options: Partial<ArchiveOptions> = {}): Promise<void> {
  const archive = bench.archive(options);
  for (const name of ['d/bad', 'd/good']) await archive.put(name, bytesOf(name, size));
}

const fileOf = ({ cache }: Bench, name: string) => join(cache, name);
const damage = (bench: Bench, size: number) => {
  flipBit(fileOf(bench, 'd/bad'), size >> 1);
};

/** The one failure of a pass over both; what it says is for an operator. */
function assertDamaged({ failed, conflicts, failures }: Report, bench: Bench, says: RegExp): void {
  assert.deepEqual([failed, conflicts], [1, 0], JSON.stringify(failures));
  const [{ path, code, message } = {}] = failures;
  assert.deepEqual([path, code], ['d/bad', 'DamagedInCache'], message);
  assert.match(message ?? '', says);
  for (const part of ['touch d/bad', 'setfattr -x user.xrootd-archive.checksum d/bad'])
    assert.ok(message?.includes(part), message);
  assert.ok(existsSync(fileOf(bench, 'd/bad')));
}

const onServer = ({ sandbox }: Bench, name: string) =>
  [sandbox.diskPath(name), sandbox.tapePath(name)].filter((path) => existsSync(path));

function assertServerHas(bench: Bench, name: string, size: number): void {
  const found = onServer(bench, name);
  assert.ok(found.length > 0, `the server has no ${name}`);
  assert.ok(
    found.some((path) => readFileSync(path).equals(bytesOf(name, size))),
    name,
  );
}

for (const [which, size] of Object.entries(sizes))
  for (const verify of ways)
    describe(`a ${which} record that is damaged in the cache, with verify: ${verify}`, () => {
      for (const autoRemove of ['never', 'cached', 'backed_up'] as const)
        it(`isn't archived as if all were well, with auto_remove: ${autoRemove}`, () =>
          withSharedArchive(async (bench) => {
            await putTwo(bench, size);
            damage(bench, size);
            const report = await bench.pass({ verify, autoRemove });
            assertDamaged(report, bench, /no copy of it: put it again/);
            assert.equal(report.copied, 1);
            assert.deepEqual(onServer(bench, 'd/bad'), []);
            assertServerHas(bench, 'd/good', size);
            assert.equal(existsSync(fileOf(bench, 'd/good')), autoRemove !== 'cached');
            // And again, by the next pass.
            assertDamaged(await bench.pass({ verify, autoRemove }), bench, /no copy of it/);
            assert.deepEqual(onServer(bench, 'd/bad'), []);
          }));

      it('is never removed once it is on tape', () =>
        withSharedArchive(async (bench) => {
          await putTwo(bench, size);
          assert.equal((await bench.pass({ verify, autoRemove: 'never' })).copied, 2);
          await bench.sandbox.migrateAll();
          damage(bench, size);
          const report = await bench.pass({ verify, autoRemove: 'backed_up' });
          assert.equal(report.removed, 1);
          // With `verify: size` the bytes are read for the catalogue's row alone.
          assertDamaged(
            report,
            bench,
            verify === 'size' ? /those that were put had/ : /The copy on the server is the good one/,
          );
          assertServerHas(bench, 'd/bad', size);
        }));

      it('is archived as it is once somebody accepts it', () =>
        withSharedArchive(async (bench) => {
          await putTwo(bench, size);
          damage(bench, size);
          assert.equal((await bench.pass({ verify, autoRemove: 'never' })).copied, 1);
          utimesSync(fileOf(bench, 'd/bad'), new Date(), new Date());
          const report = await bench.pass({ verify, autoRemove: 'never' });
          assert.deepEqual([report.copied, report.failed, report.kept], [1, 0, 1]);
          const [copy = ''] = onServer(bench, 'd/bad');
          assert.ok(readFileSync(copy).equals(readFileSync(fileOf(bench, 'd/bad'))));
        }));
    });

describe('a record that was put', () => {
  for (const checksumType of ['adler32', 'crc32c', 'md5', 'crc32'] as const)
    it(`and damaged is found by ${checksumType} too`, () =>
      withSharedArchive(async (bench) => {
        for (const size of Object.values(sizes)) {
          const archive = bench.archive({ checksumType });
          await archive.put('d/bad', bytesOf('d/bad', size), { overwrite: true });
          damage(bench, size);
          assertDamaged(await bench.pass({ checksumType, autoRemove: 'cached' }), bench, /no copy of it/);
          assert.deepEqual(onServer(bench, 'd/bad'), []);
        }
      }));

  for (const [what, change] of [
    ['that somebody rewrites', (file: string, size: number) => writeFileSync(file, bytesOf('other', size))],
    ['that grows', (file: string) => writeFileSync(file, 'more', { flag: 'a' })],
  ] as const)
    it(`${what} is archived like any other`, () =>
      withSharedArchive(async (bench) => {
        for (const [name, size] of Object.entries(sizes)) {
          await bench.archive().put(name, bytesOf(name, size));
          change(fileOf(bench, name), size);
        }
        const expected = Object.keys(sizes).map((name) => readFileSync(fileOf(bench, name)));
        const report = await bench.pass({ autoRemove: 'cached' });
        assert.deepEqual([report.copied, report.removedAfterCopy, report.failed], [2, 2, 0]);
        Object.keys(sizes).forEach((name, index) => {
          assert.ok(
            readFileSync(onServer(bench, name)[0] ?? '').equals(expected[index] ?? Buffer.of()),
            name,
          );
        });
      }));

  it('over another is archived like any other', () =>
    withSharedArchive(async (bench) => {
      const archive = bench.archive();
      for (const [name, size] of Object.entries(sizes)) {
        await archive.put(name, bytesOf('older', size));
        flipBit(fileOf(bench, name));
        await archive.put(name, bytesOf(name, size), { overwrite: true });
      }
      await archive.put('empty', '');
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual([report.copied, report.removedAfterCopy, report.failed], [3, 3, 0]);
      for (const [name, size] of Object.entries(sizes)) assertServerHas(bench, name, size);
    }));
});

describe('a record on a file system without extended attributes', () => {
  it('is archived like any other', function () {
    return withMounted(this, ['-t', 'ramfs', 'ramfs'], (cacheDirectory) =>
      withSharedArchive(async (bench) => {
        for (const [name, size] of Object.entries(sizes))
          await bench.archive({ cacheDirectory }).put(name, bytesOf(name, size));
        const report = await bench.pass({ cacheDirectory, autoRemove: 'cached' });
        assert.deepEqual([report.copied, report.removedAfterCopy, report.failed], [2, 2, 0]);
        for (const [name, size] of Object.entries(sizes)) assertServerHas(bench, name, size);
      }),
    );
  });
});

describe('a damaged record', () => {
  for (const [which, size] of Object.entries(sizes))
    it(`is named by verify, and by a status that reads: ${which}`, () =>
      withSharedArchive(async (bench) => {
        await putTwo(bench, size);
        await bench.pass({ autoRemove: 'never' });
        damage(bench, size);
        const report = await bench.archive().verify();
        assertDamaged(report, bench, /The copy on the server is the good one/);
        assert.equal(report.verified, 1);
        const states = new Map<string, string>();
        for await (const { path, state, reason } of bench.archive().status([], { verify: true }))
          states.set(path, `${state} ${reason?.slice(0, 7) ?? ''}`);
        assert.deepEqual([...states].sort(), [
          ['d/bad', 'unknown damaged'],
          ['d/good', 'cached '],
        ]);
      }));

  it('stays in online storage, too', () =>
    withSharedArchive(async (bench) => {
      await putTwo(bench, sizes.large);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      // Older than the period, and what was put all the same.
      for (const name of ['d/bad', 'd/good']) {
        const file = fileOf(bench, name);
        utimesSync(file, 1_000_000_000, 1_000_000_000);
        const handle = await open(file, 'r+');
        assert.ok(await keepChecksum(handle.fd, await checksumFile(handle)));
        await handle.close();
      }
      damage(bench, sizes.large);
      const report = await retentionPass(bench, {});
      assert.equal(report.removed, 1);
      assertDamaged(report, bench, /The copy on the server is the good one/);
    }));

  it('whose copy on the server has other bytes, too, is told so', () =>
    withSharedArchive(async (bench) => {
      await putTwo(bench, sizes.large);
      await bench.pass({ autoRemove: 'never' });
      damage(bench, sizes.large);
      await bench.sandbox.corrupt('d/bad');
      const report = await bench.pass({ autoRemove: 'cached', verify: 'read' });
      assertDamaged(report, bench, /The copy on the server isn't what was put either/);
    }));

  it('whose copy is offline is compared by the server', () =>
    withSharedArchive(async (bench) => {
      await putTwo(bench, sizes.large);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      await bench.sandbox.evict(['d/bad', 'd/good']);
      const before = await bench.sandbox.stateOf('d/bad');
      damage(bench, sizes.large);
      const report = await bench.pass({ autoRemove: 'backed_up' });
      assertDamaged(report, bench, /The copy on the server is the good one/);
      assert.deepEqual(await bench.sandbox.stateOf('d/bad'), before);
    }));

  it('whose copy can’t be taken back is named all the same', () =>
    withSharedArchive(async (bench) => {
      await putTwo(bench, sizes.large);
      damage(bench, sizes.large);
      const { report } = await passUnder(
        bench,
        { autoRemove: 'never' },
        { around: () => ({ removeSeen: () => Promise.resolve('unsure' as const) }) },
      );
      assertDamaged(report, bench, /this pass has copied it there: .*have that copy removed/);
    }));

  it('keeps its times and its bytes', () =>
    withSharedArchive(async (bench) => {
      await putTwo(bench, sizes.small);
      damage(bench, sizes.small);
      const before = [
        readFileSync(fileOf(bench, 'd/bad')),
        statSync(fileOf(bench, 'd/bad'), { bigint: true }).mtimeNs,
      ];
      await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(
        [readFileSync(fileOf(bench, 'd/bad')), statSync(fileOf(bench, 'd/bad'), { bigint: true }).mtimeNs],
        before,
      );
    }));
});
