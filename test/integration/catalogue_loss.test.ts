/** Attempts to make a loss silent, or a row say what isn't so. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import type { ArchiveOptions, Report } from '../../lib/index.js';
import { MEMO_NAME } from '../../lib/cache/own_files.js';
import { Catalogue } from '../../lib/catalogue/catalogue.js';
import { stateOf, type CatalogueRow } from '../../lib/catalogue/row.js';
import { checksumFile } from '../../lib/posix/index.js';
import { counts, recordsIn, withSharedArchive, type Bench } from '../support/archive.js';
import { allRows, catalogueConfig, fileIn, mustOpen, NOON, rowOf as anyRow } from '../support/catalogue.js';
import { passUnder, whenCaptured } from '../support/passes.js';
import { bytesOf, writeRecord } from '../support/records.js';
import { withSmallDisk } from '../support/small_disk.js';
import { withTemp } from '../support/temporary.js';

const SIZE = 1000;
const cached = { autoRemove: 'cached', catalogueSegments: false } as const satisfies Partial<ArchiveOptions>;
const onTape = {
  autoRemove: 'backed_up',
  catalogueSegments: false,
} as const satisfies Partial<ArchiveOptions>;
const never = { autoRemove: 'never', catalogueSegments: false } as const satisfies Partial<ArchiveOptions>;

async function rowOf(bench: Bench, path: string): Promise<CatalogueRow> {
  const config = { ...catalogueConfig(bench.cache), targetUrl: bench.sandbox.url };
  await using catalogue = await mustOpen(config, { mode: 'read' });
  const row = (await allRows(catalogue)).find((each) => each.path === path);
  assert.ok(row, `no row of ${path}`);
  return row;
}

async function forget(bench: Bench, path: string): Promise<void> {
  const config = { ...catalogueConfig(bench.cache), targetUrl: bench.sandbox.url };
  await using catalogue = await mustOpen(config, { mode: 'write' });
  await catalogue.durable({ kind: 'forgotten', path, at: Date.now(), reason: 'test' });
}

function lost(report: Report): string[] {
  return report.failures.filter(({ code }) => code === 'LostCopy').map(({ path }) => path);
}

describe('a row with a time that is no date', () => {
  it('is refused by an import; one that is there is told like any other loss, and the pass goes on', async () => {
    await withSharedArchive(async (bench) => {
      const never = Number.MAX_SAFE_INTEGER;
      const row = anyRow('r', { size: SIZE, removing: NOON, lost: NOON, loss: 'gone' });
      const { catalogue } = bench.archive();
      await assert.rejects(catalogue.import([JSON.stringify({ ...row, removing: never })]), /no date/);
      await catalogue.import([JSON.stringify(row)]);
      const database = new Database(fileIn(bench.cache));
      database.exec(`UPDATE records SET removing = ${never}, lost = ${never}`);
      database.close();
      assert.deepEqual(lost(await bench.pass(cached)), ['r']);
      // Another record gets its name.
      await writeRecord(bench.cache, 'r', SIZE);
      assert.deepEqual(lost(await bench.pass(cached)), ['r']);
    });
  });
});

describe('a name that is used again after its record was lost', () => {
  /** A record that was archived and removed; then its copy goes, and another record comes under its name. */
  async function lostAndReplaced(bench: Bench): Promise<void> {
    await writeRecord(bench.cache, 'r', SIZE);
    assert.equal((await bench.pass(cached)).removedAfterCopy, 1);
    await rm(bench.sandbox.diskPath('r'));
  }

  for (const [when, told] of [
    ['before any pass has noticed', false],
    ['after a pass has said so', true],
  ] as const)
    it(`${when}: the new one is archived as any other, and the loss is told until somebody forgets it`, async () => {
      await withSharedArchive(async (bench) => {
        await lostAndReplaced(bench);
        if (told) assert.deepEqual(lost(await bench.pass(cached)), ['r']);
        await writeFile(join(bench.cache, 'r'), bytesOf('other', SIZE));
        const report = await bench.pass(cached);
        assert.deepEqual(counts(report), { scanned: 2, copied: 1, removedAfterCopy: 1, failed: 1 });
        assert.deepEqual(lost(report), ['r']);
        assert.deepEqual(lost(await bench.pass(cached)), ['r']);
        await forget(bench, 'r');
        assert.deepEqual(lost(await bench.pass(cached)), []);
        assert.equal(stateOf(await rowOf(bench, 'r')), 'waiting');
      });
    });

  it('also if nothing is removed: the new record is never taken for the lost one', async () => {
    await withSharedArchive(async (bench) => {
      await lostAndReplaced(bench);
      await writeFile(join(bench.cache, 'r'), bytesOf('other', SIZE));
      for (const report of [await bench.pass(onTape), await bench.pass(onTape)])
        assert.deepEqual(lost(report), ['r']);
    });
  });

  it('the same record, put again: archived as ever', async () => {
    await withSharedArchive(async (bench) => {
      await lostAndReplaced(bench);
      await writeRecord(bench.cache, 'r', SIZE);
      assert.deepEqual(counts(await bench.pass(cached)), { scanned: 1, copied: 1, removedAfterCopy: 1 });
      assert.equal((await bench.pass(cached)).lost, undefined);
    });
  });
});

describe('the checksum of a row (S14)', () => {
  it('is known also with verify: size, for a record that an earlier pass has copied', async () => {
    await withSharedArchive(async (bench) => {
      const options = { ...onTape, verify: 'size' } as const;
      await writeRecord(bench.cache, 'r', SIZE);
      const { type, value } = await sumOf(join(bench.cache, 'r'));
      await bench.pass({ ...options, catalogue: false });
      await bench.sandbox.migrateAll();
      assert.equal((await bench.pass(options)).removed, 1);
      assert.deepEqual((await rowOf(bench, 'r')).checksums, [{ type, value }]);
    });
  });

  it('is that of the bytes that went, though others of the same size were copied before', async () => {
    await withSharedArchive(async (bench) => {
      const options = { ...onTape, verify: 'size' } as const;
      await writeRecord(bench.cache, 'r', SIZE);
      await bench.pass(options);
      await writeFile(join(bench.cache, 'r'), bytesOf('other', SIZE));
      const { type, value } = await sumOf(join(bench.cache, 'r'));
      await bench.sandbox.migrateAll();
      assert.equal((await bench.pass(options)).removed, 1);
      assert.deepEqual((await rowOf(bench, 'r')).checksums, [{ type, value }]);
    });
  });
});

async function sumOf(path: string) {
  await using file = await open(path);
  return await checksumFile(file, { type: 'crc32c' });
}

describe('a catalogue whose files go while a pass runs', () => {
  const names = Array.from({ length: 40 }, (_, index) => `r${index}`);

  async function whileRemoving(
    bench: Bench,
    task: (file: string, copy: string) => Promise<unknown>,
  ): Promise<Report> {
    await bench.pass(never);
    await copyFile(fileIn(bench.cache), `${bench.cache}.copy`);
    for (const name of names) await writeRecord(bench.cache, name, SIZE);
    let done = false;
    const around = whenCaptured(async () => {
      if (done) return;
      done = true;
      await task(fileIn(bench.cache), `${bench.cache}.copy`);
    });
    return (await passUnder(bench, { ...cached, parallelCopies: 1 }, { around })).report;
  }

  for (const [what, task] of [
    ['removed', (file) => Promise.all(['', '-wal', '-shm'].map((suffix) => rm(file + suffix)))],
    ['the log alone', (file) => rm(`${file}-wal`)],
    ['replaced by a copy', (file, copy) => rename(copy, file)],
  ] as [string, (file: string, copy: string) => Promise<unknown>][])
    it(`${what}: removals stop, and the pass fails`, async () => {
      await withSharedArchive(async (bench) => {
        const report = await whileRemoving(bench, task);
        await rm(`${bench.cache}.copy`, { force: true });
        assert.equal(report.copied, names.length);
        assert.ok(report.removedAfterCopy < names.length, 'all were removed');
        assert.deepEqual(
          report.failures.map(({ code }) => code),
          ['CatalogueUnusable'],
        );
        assert.match(report.failures[0]?.message ?? '', /was moved or removed while it was open/);
      });
    });
});

describe('a row of a record that stays after all', () => {
  it("says so from the next pass on, though that pass doesn't look at its bytes", async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', SIZE);
      const around = whenCaptured(() => {
        throw new Error('no answer');
      }, 'each time');
      assert.equal((await passUnder(bench, cached, { around })).report.failed, 1);
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
      assert.equal((await bench.pass(never)).removedNotOnTape, undefined);
      assert.equal((await rowOf(bench, 'r')).removing, null);
    });
  });
});

describe('a lost record', () => {
  it("isn't found again by its size alone, also with verify: size", async () => {
    await withSharedArchive(async (bench) => {
      const options = { ...cached, verify: 'size' } as const;
      await writeRecord(bench.cache, 'r', SIZE);
      await bench.pass(options);
      await rm(bench.sandbox.diskPath('r'));
      assert.deepEqual(lost(await bench.pass(options)), ['r']);
      await writeFile(bench.sandbox.diskPath('r'), bytesOf('other', SIZE));
      assert.deepEqual(lost(await bench.pass(options)), ['r']);
      await writeFile(bench.sandbox.diskPath('r'), bytesOf('r', SIZE));
      assert.deepEqual(lost(await bench.pass(options)), []);
    });
  });
});

describe('a catalogue that several open at once', () => {
  it('before there is one: one of them makes it, and all use that', async () => {
    await withTemp(async (directory) => {
      const file = join(directory, 'catalogue');
      const options = { file, mode: 'write', target: 't', cache: undefined, now: Date.now() } as const;
      const opened = await Promise.all([1, 2, 3].map(() => Catalogue.open(options)));
      assert.equal(new Set(opened.map(({ id }) => id)).size, 1);
      assert.equal(opened.filter(({ isNew }) => isNew).length, 1);
      await Promise.all(opened.map((each) => each.close()));
    });
  });
});

describe('a catalogue of a program that comes from `node -e`', () => {
  it('opens: its thread has no options of the process', async () => {
    await withTemp((directory) => {
      const module = new URL('../../lib/catalogue/catalogue.js', import.meta.url).href;
      const options = { file: join(directory, 'catalogue'), mode: 'write', target: 't', now: 1 };
      const program = `import { Catalogue } from '${module}';
        const catalogue = await Catalogue.open(${JSON.stringify(options)});
        console.log(catalogue.isNew);
        await catalogue.close();`;
      const args = ['--input-type=module', '-e', program];
      assert.equal(execFileSync(process.execPath, args, { encoding: 'utf8' }), 'true\n');
      return Promise.resolve();
    });
  });
});

describe('a catalogue_path', () => {
  it("in a directory that isn't there: nothing is removed, for that may be a disk that isn't mounted", async () => {
    await withSharedArchive(async (bench) => {
      await withTemp(async (place) => {
        await writeRecord(bench.cache, 'r', SIZE);
        const cataloguePath = join(place, 'disk', 'directory', 'catalogue');
        const report = await bench.pass({ ...cached, cataloguePath });
        assert.equal(report.failures[0]?.code, 'CatalogueUnusable');
        assert.deepEqual(await recordsIn(bench.cache), ['r']);
      });
    });
  });

  it('in the cache is refused, also by a link: the catalogue and what lies beside it would be archived and removed', async () => {
    await withSharedArchive(async (bench) => {
      await withTemp(async (place) => {
        await writeRecord(bench.cache, 'r', SIZE);
        await symlink(bench.cache, join(place, 'link'));
        for (const directory of [bench.cache, join(bench.cache, 'new'), join(place, 'link')])
          await assert.rejects(
            bench.pass({ ...cached, cataloguePath: join(directory, 'catalogue.sqlite') }),
            {
              name: 'ConfigError',
              message: /lies in the cache/,
            },
          );
        assert.deepEqual(await recordsIn(bench.cache), ['r']);
        const report = await bench.pass({ ...cached, cataloguePath: fileIn(bench.cache) });
        assert.equal(report.removedAfterCopy, 1);
      });
    });
  });
});

describe('a catalogue on a file system that became read-only', () => {
  it('copies go on, removals stop, and the failure names the file and the cause; later all goes on', async function () {
    await withSmallDisk(this, 'size=80m', async (disk) => {
      await withSharedArchive(async (bench) => {
        const options = { ...cached, cataloguePath: join(disk, 'catalogue') };
        await writeRecord(bench.cache, 'a', SIZE);
        assert.equal((await bench.pass(options)).removedAfterCopy, 1);
        await writeRecord(bench.cache, 'b', SIZE);
        execFileSync('mount', ['-o', 'remount,ro', disk]);
        const report = await bench.pass(options);
        assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1 });
        assert.equal(report.failures[0]?.code, 'CatalogueUnusable');
        assert.match(
          report.failures[0].message,
          /^the catalogue \S+\/catalogue: .*(read-?only|CANTOPEN|unable to open)/i,
        );
        execFileSync('mount', ['-o', 'remount,rw', disk]);
        assert.deepEqual(counts(await bench.pass(options)), { scanned: 1, removed: 1 });
      });
    });
  });
});

describe('a removal by a clock that was years ahead', () => {
  it('is followed, once the clock is right', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', SIZE);
      await passUnder(bench, cached, { ahead: 10 * 365 * 86_400_000 });
      await rm(bench.sandbox.diskPath('r'));
      assert.deepEqual(lost(await bench.pass(cached)), ['r']);
    });
  });

  it('is followed after a rebuild as well', async () => {
    await withSharedArchive(async (bench) => {
      const options = { ...cached, catalogueSegments: true };
      await writeRecord(bench.cache, 'r', SIZE);
      await passUnder(bench, { ...options, autoRemove: 'never' }, { ahead: 86_400_000 });
      assert.equal((await bench.pass(options)).removed, 1);
      await withTemp(async (cacheDirectory) => {
        const machine = { ...options, cacheDirectory };
        assert.equal((await bench.archive(machine).rebuild({ from: 'segments' })).failed, 0);
        await rm(bench.sandbox.diskPath('r'));
        assert.deepEqual(lost(await bench.pass(machine)), ['r']);
      });
    });
  });
});

describe('records that left the cache when passes were shared otherwise', () => {
  const names = Array.from({ length: 8 }, (_, index) => `r${index}`);
  const shards = (count: number) => Array.from({ length: count }, (_, index) => ({ index, count }));

  for (const [what, before, later] of [
    ['by two, and now by none', shards(2), [undefined]],
    ['by none, and now by two', [undefined], shards(2)],
    ['by two, and now by three', shards(2), shards(3)],
  ] as const)
    it(`${what}: each loss is told once`, async () => {
      await withSharedArchive(async (bench) => {
        // The server still has one: it isn't another storage.
        for (const name of [...names, 'there']) await writeRecord(bench.cache, name, SIZE);
        for (const shard of before) await passUnder(bench, cached, { shard });
        assert.deepEqual(await recordsIn(bench.cache), []);
        for (const name of names) await rm(bench.sandbox.diskPath(name));
        const told: string[] = [];
        for (const shard of later) told.push(...lost((await passUnder(bench, cached, { shard })).report));
        assert.deepEqual(told.sort(), names);
      });
    });

  it('of which one was lost, and another has its name: that is still told, though nothing else waits there', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', SIZE);
      for (const shard of shards(2)) await passUnder(bench, cached, { shard });
      await rm(bench.sandbox.diskPath('r'));
      await writeFile(join(bench.cache, 'r'), bytesOf('other', SIZE));
      for (const shard of shards(2)) await passUnder(bench, never, { shard });
      assert.deepEqual(lost(await bench.pass(never)), ['r']);
    });
  });

  it('whose catalogue is damaged by now: each pass says so, and what ends that', async () => {
    await withSharedArchive(async (bench) => {
      for (const name of names) await writeRecord(bench.cache, name, SIZE);
      for (const shard of shards(2)) await passUnder(bench, cached, { shard });
      const file = `${fileIn(bench.cache)}.0-of-2`;
      await writeFile(file, 'x'.repeat(5000));
      for (const name of ['new', 'newer']) {
        await writeRecord(bench.cache, name, SIZE);
        const { failures, removedAfterCopy } = await bench.pass(cached);
        assert.equal(removedAfterCopy, 1);
        assert.deepEqual(
          failures.map(({ code, path }) => [code, path]),
          [['CatalogueUnusable', file]],
        );
        assert.match(failures[0]?.message ?? '', /is not followed.*move it .* away/);
        assert.doesNotMatch(failures[0]?.message ?? '', /No local file is removed/);
      }
      await rm(file);
      assert.equal((await bench.pass(cached)).failed, 0);
    });
  });
});

describe('a catalogue that is not the one that the pass before has written', () => {
  const files = (bench: Bench) => ['', '-wal', '-shm'].map((suffix) => fileIn(bench.cache) + suffix);

  for (const [what, task] of [
    ['removed', (bench) => Promise.all(files(bench).map((file) => rm(file, { force: true })))],
    ['restored from an older backup', (bench, backup) => copyFile(backup, fileIn(bench.cache))],
    [
      'restored from an older backup, and written to since by more commits than are missing',
      async (bench, backup) => {
        await copyFile(backup, fileIn(bench.cache));
        for (let i = 0; i < 5; i += 1)
          await bench.archive(cached).verify([], { against: { catalogue: true } });
      },
    ],
  ] as [string, (bench: Bench, backup: string) => Promise<unknown>][])
    it(`${what}: the next pass fails once, for losses would be silent`, async () => {
      await withSharedArchive(async (bench) => {
        await withTemp(async (directory) => {
          const backup = join(directory, 'backup');
          await writeRecord(bench.cache, 'a', SIZE);
          assert.equal((await bench.pass(cached)).failed, 0);
          await copyFile(fileIn(bench.cache), backup);
          await writeRecord(bench.cache, 'b', SIZE);
          assert.equal((await bench.pass(cached)).failed, 0);
          await task(bench, backup);
          await writeRecord(bench.cache, 'c', SIZE);
          const report = await bench.pass(cached);
          assert.deepEqual(counts(report), { scanned: 2, copied: 1, removedAfterCopy: 1, failed: 1 });
          assert.equal(report.failures[0]?.code, 'CatalogueReplaced');
          assert.equal((await bench.pass(cached)).failed, 0);
        });
      });
    });
});

describe('what a pass remembers of its comparisons', () => {
  it('is never written through a link', async () => {
    await withSharedArchive(async (bench) => {
      await withTemp(async (directory) => {
        const other = join(directory, 'other');
        await writeFile(other, 'somebody else’s');
        await symlink(other, join(bench.cache, `${MEMO_NAME}.new`));
        await writeRecord(bench.cache, 'r', SIZE);
        await bench.pass(never);
        assert.equal(await readFile(other, 'utf8'), 'somebody else’s');
        assert.equal((await bench.pass(never)).kept, 1);
      });
    });
  });
});
