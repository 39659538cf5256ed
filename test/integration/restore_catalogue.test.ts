/** Restores and drills of an archive that has a catalogue. */
import assert from 'node:assert/strict';
import { chmod, open, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveOptions, Report } from '../../lib/index.js';
import { checksumFile, type ChecksumType } from '../../lib/posix/index.js';
import { assertAddsUp, counts, withArchive, withSharedArchive } from '../support/archive.js';
import { fileIn, mustOpen, rowOf } from '../support/catalogue.js';
import { bytesOf, holdsRecord } from '../support/records.js';
import {
  archived,
  changed,
  deleted,
  good,
  microsecondsOf,
  modeOf,
  names,
  remember,
  sizeOf,
  spoil,
  truncated,
  wrong,
} from '../support/remembered.js';
import { quick, until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const failedBy = ({ failures }: Report, code: string) =>
  failures.flatMap((failure) => (failure.code === code ? [failure.path] : [])).sort();

async function assertAsItWas(to: string, name: string): Promise<void> {
  assert.ok(await holdsRecord(join(to, name), name, sizeOf(name)), name);
  const { mtimeNs, mode } = await stat(join(to, name), { bigint: true });
  assert.equal(mtimeNs, BigInt(microsecondsOf(name)) * 1000n, name);
  assert.equal(Number(mode) & 0o7777, modeOf(name), name);
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

describe('restore with a catalogue', () => {
  for (const verify of ['auto', 'checksum', 'read', 'size'] as const)
    it(`gives no record the bytes of another one that has its size and adler32, with verify: ${verify}`, async () => {
      await withSharedArchive(async (bench) =>
        withTemp(async (to) => {
          await writeFile(join(bench.cache, 'r'), 'run 121');
          assert.deepEqual(counts(await bench.pass({ autoRemove: 'cached' })), {
            ...{ scanned: 1, copied: 1, removedAfterCopy: 1 },
          });
          const checksums = await Promise.all(
            (['adler32', 'crc32c'] as const).map((type) =>
              checksumFile(bench.sandbox.diskPath('r'), { type }),
            ),
          );
          await remember(bench, [rowOf('r', { size: 7, mtime: null, checksums, removing: 1, removed: 1 })]);
          await writeFile(bench.sandbox.diskPath('r'), 'run 202');
          const report = await bench.archive({ verify }).restore(['r'], { to });
          assert.deepEqual(failedBy(report, 'LostCopy'), ['r']);
          assert.deepEqual(await readdir(to), []);
        }),
      );
    });

  for (const [title, options, types] of [
    ['the server has its type of checksum', {}, ['adler32']],
    ['the server has another type of checksum', {}, ['md5']],
    ['sizes are enough for the comparison with the server', { verify: 'size' }, ['adler32', 'crc32c']],
    ['the server is read once more', { verify: 'read' }, ['adler32']],
  ] as const satisfies readonly [string, Partial<ArchiveOptions>, readonly ChecksumType[]][])
    it(`names what is lost, shorter or changed, and gives none of it its name: ${title}`, async () => {
      await withSharedArchive((bench) =>
        withTemp(async (to) => {
          await archived(bench, names, types);
          await spoil(bench);
          const archive = bench.archive(options);
          const dry = await archive.restore(['.'], { to, dryRun: true });
          assert.deepEqual(counts(dry), { scanned: 20, copied: 14, failed: 6 });
          assert.deepEqual(failedBy(dry, 'LostCopy'), [...deleted, ...truncated].sort());

          const report = await archive.restore(['.'], { to });
          assertAddsUp(report);
          assert.deepEqual(counts(report), { scanned: 20, copied: 11, failed: 9 });
          assert.deepEqual(failedBy(report, 'LostCopy'), [...wrong].sort());
          assert.deepEqual(await filesBelow(to), good);
          for (const name of good) await assertAsItWas(to, name);
          const textOf = (name?: string) => report.failures.find(({ path }) => path === name)?.message ?? '';
          assert.match(
            textOf(deleted[0]),
            /the server does not have it, the catalogue knows it with 1000 bytes/,
          );
          assert.match(textOf(truncated[0]), /the server has 500 bytes, the catalogue says 1003/);
          assert.match(textOf(changed[0]), /the bytes that came have .*, the catalogue says .*from a pass/);

          const again = await archive.restore(['.'], { to });
          assert.deepEqual(counts(again), { scanned: 20, kept: 11, failed: 9 });
          assert.deepEqual(failedBy(again, 'LostCopy'), [...wrong].sort());
          assert.deepEqual(await filesBelow(to), good);
          for (const name of good) await assertAsItWas(to, name);
        }),
      );
    });

  it('restores to another server only what the catalogue knows so', async () => {
    await withSharedArchive(async (bench) => {
      await archived(bench, names, ['crc32c']);
      await spoil(bench);
      await withArchive({ migrationDelay: 'never' }, async ({ sandbox: other }) => {
        const report = await bench.archive().restore(['.'], { to: other.url });
        assert.deepEqual(failedBy(report, 'LostCopy'), [...wrong].sort(), JSON.stringify(report.failures));
        assert.deepEqual(counts(report), { scanned: 20, copied: 11, failed: 9 });
        assert.deepEqual(await filesBelow(other.diskPath('.')), good);
        for (const name of good) assert.ok(await holdsRecord(other.diskPath(name), name, sizeOf(name)), name);
        const again = await bench.archive().restore(['.'], { to: other.url });
        assert.deepEqual(counts(again), { scanned: 20, kept: 11, failed: 9 });
      });
    });
  });

  it('names only what is chosen: a directory, a pattern, a file, a time; and nothing twice', async () => {
    await withSharedArchive((bench) =>
      withTemp(async (to) => {
        await archived(bench);
        await spoil(bench);
        const lost = async (paths: string[], more = {}) =>
          (await bench.archive().restore(paths, { to, dryRun: true, ...more })).failures
            .map(({ code, path }) => `${code} ${path}`)
            .sort();
        assert.deepEqual(await lost(['d0']), ['LostCopy d0/r00', 'LostCopy d0/r04']);
        assert.deepEqual(await lost(['d0/r00']), ['LostCopy d0/r00']);
        assert.deepEqual(await lost(['**/r0[0-1]']), ['LostCopy d0/r00', 'LostCopy d1/r01']);
        assert.deepEqual(await lost(['d3/r19']), []);
        assert.deepEqual(await lost(['nothing', 'd0/r00*']), ['LostCopy d0/r00', 'NotFound nothing']);
        assert.deepEqual(await lost([], { list: ['d2/r02', 'd2/r18'] }), ['LostCopy d2/r02']);
        // The records' own times; the server has all of them from today.
        const at = (name: string) => new Date(microsecondsOf(name) / 1000);
        assert.deepEqual(await lost(['.'], { since: at('d1/r01'), until: at('d3/r03') }), [
          'LostCopy d1/r01',
          'LostCopy d2/r02',
        ]);
        const timed = await bench.archive().restore(['.'], { to, since: at('d2/r18') });
        assert.deepEqual(counts(timed), { scanned: 2, copied: 2 });
        assert.deepEqual(await filesBelow(to), ['d2/r18', 'd3/r19']);

        await rm(bench.sandbox.diskPath('d1'), { recursive: true });
        const ofD1 = names.filter((name) => name.startsWith('d1/')).map((name) => `LostCopy ${name}`);
        assert.deepEqual(await lost(['d1']), ofD1);
        const shards = [0, 1, 2].map((index) => lost(['d1'], { shard: { index, count: 3 } }));
        assert.deepEqual((await Promise.all(shards)).flat().sort(), ofD1);
      }),
    );
  });

  it('a record whose local file was never removed is missing on the server: the failure says where to look', async () => {
    await withSharedArchive((bench) =>
      withTemp(async (to) => {
        await remember(bench, [rowOf('never-removed')]);
        const { failures } = await bench.archive().restore(['.'], { to });
        assert.deepEqual([failures[0]?.path, failures[0]?.code], ['never-removed', 'LostCopy']);
        assert.match(failures[0]?.message ?? '', /its local file was not removed: look in the cache/);
      }),
    );
  });

  it('what the catalogue doesn’t know is restored as it always was, with the server’s time', async () => {
    await withSharedArchive((bench) =>
      withTemp(async (to) => {
        await archived(bench, names.slice(0, 4));
        await writeFile(bench.sandbox.diskPath('d0/unknown'), 'unknown');
        await utimes(bench.sandbox.diskPath('d0/unknown'), 1_600_000_000, 1_600_000_000);
        const report = await bench.archive().restore(['.'], { to });
        assert.deepEqual(counts(report), { scanned: 5, copied: 5 });
        assert.equal((await stat(join(to, 'd0/unknown'))).mtimeMs, 1_600_000_000_000);
      }),
    );
  });

  it('a file that is here already: two of three must not outvote the catalogue', async () => {
    await withSharedArchive((bench) =>
      withTemp(async (to) => {
        await archived(bench, names.slice(0, 4), ['md5']);
        const [first = '', second = '', third = ''] = names;
        const archive = bench.archive();
        await archive.restore(['.'], { to });
        // Restored without a catalogue, by an earlier version.
        for (const path of [bench.sandbox.diskPath(first), join(to, first)])
          await chmod(path, 0o666).then(() => writeFile(path, bytesOf('other', sizeOf(first))));
        await writeFile(bench.sandbox.diskPath(second), bytesOf('other', sizeOf(second)));
        await chmod(join(to, third), 0o666);
        await writeFile(join(to, third), bytesOf('other', sizeOf(third)));
        for (const overwrite of [false, true]) {
          const report = await archive.restore(['.'], { to, overwrite });
          const textOf = (name: string) => report.failures.find(({ path }) => path === name)?.message ?? '';
          assert.deepEqual(failedBy(report, 'LostCopy'), [first, second]);
          assert.match(
            textOf(first),
            /the file that is here has (md5|crc32c):.*, as the server has it; the catalogue says \1:/,
          );
          assert.match(
            textOf(second),
            /the file that is here has (md5|crc32c):.*, as the catalogue says; the server has other/,
          );
          assert.deepEqual(failedBy(report, 'Conflict'), overwrite ? [] : [third]);
          assert.ok(await holdsRecord(join(to, second), second, sizeOf(second)));
          assert.equal(await holdsRecord(join(to, third), third, sizeOf(third)), overwrite);
        }
      }),
    );
  });

  it('without a catalogue it goes on as before; one that is damaged, or another archive’s, is a failure, and all is restored', async () => {
    await withSharedArchive((bench) =>
      withTemp(async (to) => {
        await archived(bench, names.slice(0, 4));
        const file = fileIn(bench.cache);
        const elsewhere = join(to, 'catalogue');
        const without = await bench
          .archive({ cataloguePath: elsewhere })
          .restore(['.'], { to: join(to, '1') });
        assert.deepEqual(counts(without), { scanned: 4, copied: 4 });
        assert.deepEqual(
          bench.lines.filter(({ message }) => message.startsWith('no catalogue')).map(({ level }) => level),
          ['info'],
        );
        assert.ok(!(await readdir(to)).includes('catalogue'), 'nothing is made');
        const off = await bench.archive({ catalogue: false }).restore(['.'], { to: join(to, '2') });
        assert.deepEqual(counts(off), { scanned: 4, copied: 4 });

        await using mine = await mustOpen(
          { ...bench.archive().config, cataloguePath: elsewhere, targetUrl: 'root://other//base' },
          { mode: 'write' },
        );
        const foreign = await bench
          .archive({ cataloguePath: mine.file })
          .restore(['.'], { to: join(to, '3') });
        assert.deepEqual(counts(foreign), { scanned: 5, copied: 4, failed: 1 });
        assert.equal(foreign.failures[0]?.code, 'CatalogueUnusable');
        assert.match(foreign.failures[0].message, /is the catalogue of the target other:1094/);

        const { size } = await stat(file);
        await using handle = await open(file, 'r+');
        await handle.write(Buffer.alloc(size - 200, 'x'), 0, size - 200, 100);
        for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
        const damaged = await bench.archive().restore(['.'], { to: join(to, '4') });
        assert.deepEqual(counts(damaged), { scanned: 5, copied: 4, failed: 1 });
        assert.deepEqual([damaged.failures[0]?.path, damaged.failures[0]?.code], ['.', 'CatalogueUnusable']);
        assert.match(damaged.failures[0]?.message ?? '', /not compared with the catalogue/);
        assert.equal((await stat(file)).size, size, 'it stays where it is');
      }),
    );
  });

  it('a server whose listing lacks a file that it has: it is restored', async () => {
    await withSharedArchive((bench) =>
      withTemp(async (to) => {
        await archived(bench, names.slice(0, 4));
        await chmod(bench.sandbox.diskPath('d1'), 0o311);
        const report = await bench.archive().restore(['.'], { to });
        assert.deepEqual(
          report.failures.map(({ path }) => path),
          ['d1'],
        );
        assert.deepEqual(await filesBelow(to), names.slice(0, 4));
      }),
    );
  });
});

describe('drill with a catalogue', () => {
  it('fails for bytes that tape and the server’s checksum agree on, and the catalogue doesn’t', async () => {
    await withArchive({ migrationDelay: 'never' }, (bench) =>
      withTemp(async (scratch) => {
        await archived(bench);
        await spoil(bench);
        await bench.sandbox.migrateAll();
        const present = names.filter((name) => !deleted.includes(name));
        await bench.sandbox.evict(present);
        await until(async () => (await bench.sandbox.stateOf('d3/r19'))?.offline === true);
        const report = await bench.archive(quick).drill([], { files: 50, scratch });
        assertAddsUp(report);
        assert.deepEqual(failedBy(report, 'LostCopy'), [...truncated, ...changed].sort());
        assert.equal(report.verified, good.length);
        assert.deepEqual(await filesBelow(scratch), []);
      }),
    );
  });
});
