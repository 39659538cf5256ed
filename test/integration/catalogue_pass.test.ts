/** What passes write into the catalogue, and what they do without one (S14, S15). */
import assert from 'node:assert/strict';
import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import type { ArchiveOptions, Report } from '../../lib/index.js';
import { stateOf, type CatalogueRow } from '../../lib/catalogue/row.js';
import { APPLICATION_ID, FORMAT } from '../../lib/catalogue/schema.js';
import { counts, recordsIn, withSharedArchive, type Bench } from '../support/archive.js';
import { allRows, catalogueConfig, fileIn, mustOpen } from '../support/catalogue.js';
import { passUnder, whenCaptured } from '../support/passes.js';
import { bytesOf, writeRecord } from '../support/records.js';
import { scaled } from '../support/tier.js';

const SIZE = 1000;
const cached = { autoRemove: 'cached', catalogueSegments: false } as const satisfies Partial<ArchiveOptions>;
const kept = { autoRemove: 'backed_up', catalogueSegments: false } as const satisfies Partial<ArchiveOptions>;

async function rowsOf(bench: Bench): Promise<Map<string, CatalogueRow>> {
  const config = { ...catalogueConfig(bench.cache), targetUrl: bench.sandbox.url };
  await using catalogue = await mustOpen(config, { mode: 'read' });
  return new Map((await allRows(catalogue)).map((row) => [row.path, row]));
}

async function fill(bench: Bench, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `d${index % 5}/shot-${index}`);
  for (const name of names) await writeRecord(bench.cache, name, SIZE);
  return names;
}

function lost(report: Report): string[] {
  return report.failures.filter(({ code }) => code === 'LostCopy').map(({ path }) => path);
}

describe('a pass and its catalogue', () => {
  it('a row tells size, times, mode and checksum of what was copied, and the rule by which it went', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'a/r', SIZE);
      const path = join(bench.cache, 'a/r');
      await utimes(path, 1.6e9, 1_600_000_000.25);
      const { mode } = await stat(path);
      const before = Date.now();
      await bench.pass(kept);
      const row = (await rowsOf(bench)).get('a/r');
      assert.ok(row);
      assert.equal(stateOf(row), 'in_cache');
      assert.deepEqual(
        { size: row.size, mtime: row.mtime, mode: row.mode, source: row.source },
        { size: SIZE, mtime: 1_600_000_000_250_000, mode: mode & 0o7777, source: 'read' },
      );
      assert.ok(row.checksums.length > 0);
      assert.ok((row.copied ?? 0) >= before && row.removing === null && row.removed === null);

      await bench.sandbox.migrateAll();
      await bench.pass(kept);
      const gone = (await rowsOf(bench)).get('a/r');
      assert.ok(gone);
      assert.equal(stateOf(gone), 'on_tape');
      assert.equal(gone.rule, 'backed_up');
      assert.equal(gone.copied, row.copied);
      assert.ok(gone.removed !== null && gone.onTape !== null);
      assert.deepEqual(gone.checksums, row.checksums);
    });
  });

  it('the row is durable before the local file goes', async () => {
    await withSharedArchive(async (bench) => {
      await fill(bench, 3);
      const seen: (CatalogueRow | undefined)[] = [];
      const around = whenCaptured(async (name) => {
        seen.push((await rowsOf(bench)).get(name));
      }, 'each time');
      const { report } = await passUnder(bench, cached, { around });
      assert.equal(report.removedAfterCopy, 3);
      assert.equal(seen.length, 3);
      for (const row of seen) {
        assert.ok(row && row.removing !== null && row.rule === 'cached' && row.checksums.length > 0);
        assert.equal(row.removed, null);
      }
      for (const row of (await rowsOf(bench)).values()) assert.ok(row.removed !== null);
    });
  });

  it('a record that stays after all has a row that says so', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', SIZE);
      const around = whenCaptured(() => rm(bench.sandbox.diskPath('r')));
      await passUnder(bench, cached, { around });
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
      const row = (await rowsOf(bench)).get('r');
      assert.ok(row && row.removing === null && row.removed === null);
    });
  });

  it('a dry run makes none', async () => {
    await withSharedArchive(async (bench) => {
      await fill(bench, 2);
      const { report } = await passUnder(bench, cached, { dryRun: true });
      assert.equal(report.copied, 2);
      assert.ok(!(await readdir(bench.cache)).includes('.xrootd-archive.catalogue'));
    });
  });

  it('without one (catalogue: false) removals go on', async () => {
    await withSharedArchive(async (bench) => {
      await fill(bench, 2);
      const report = await bench.pass({ ...cached, catalogue: false });
      assert.equal(report.removedAfterCopy, 2);
      assert.ok(!(await readdir(bench.cache)).includes('.xrootd-archive.catalogue'));
    });
  });

  it('is never a reason to remove: what it says of copies that are gone changes nothing', async () => {
    await withSharedArchive(async (bench) => {
      const names = await fill(bench, 4);
      await bench.pass(kept);
      await bench.sandbox.migrateAll();
      // Rows that say: on tape, removed long ago.
      const config = { ...catalogueConfig(bench.cache), targetUrl: bench.sandbox.url };
      const catalogue = await mustOpen(config, { mode: 'write' });
      for (const path of names) {
        catalogue.note({ kind: 'on_tape', path, at: 1 });
        catalogue.note({ kind: 'removed', path, at: 1 });
      }
      await catalogue.close();
      for (const path of names) {
        await rm(bench.sandbox.diskPath(path));
        await rm(bench.sandbox.tapePath(path));
      }
      const report = await bench.pass(kept);
      assert.equal(report.removed + report.removedAfterCopy, 0);
      assert.deepEqual(await recordsIn(bench.cache), names.sort());
    });
  });

  it('a new catalogue is filled by the next pass, though an earlier one has compared everything', async () => {
    await withSharedArchive(async (bench) => {
      const names = await fill(bench, 20);
      const never = { autoRemove: 'never', catalogueSegments: false } as const;
      await bench.pass({ ...never, catalogue: false });
      await bench.pass({ ...never, catalogue: false });
      await bench.pass(never);
      assert.deepEqual([...(await rowsOf(bench)).keys()].sort(), names.sort());
    });
  });
});

describe('the row of a record that is offline when it goes', () => {
  it('has the best checksum that any pass computed, not only the adler32 that the server was asked for', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 1000);
      await bench.pass();
      await bench.sandbox.migrateAll();
      await bench.sandbox.evict(['r']);
      assert.equal((await bench.pass()).removed, 1);
      const sums = (await rowsOf(bench)).get('r')?.checksums.map(({ type }) => type);
      assert.deepEqual(sums?.toSorted(), ['adler32', 'crc32c']);
    });
  });
});

describe("a catalogue that can't be used", () => {
  const withRecords = (use: (bench: Bench, names: string[]) => Promise<void>) =>
    withSharedArchive(async (bench) => {
      const names = await fill(bench, 3);
      await bench.pass(kept);
      await bench.sandbox.migrateAll();
      await writeRecord(bench.cache, 'new', SIZE);
      await use(bench, [...names, 'new'].sort());
    });

  it('of a newer format: removals stop, copies go on, and the report fails', async () => {
    await withRecords(async (bench, names) => {
      const database = new Database(fileIn(bench.cache));
      database.exec('PRAGMA journal_mode = DELETE');
      database.exec(`PRAGMA application_id = ${APPLICATION_ID + FORMAT + 1}`);
      database.close();
      const report = await bench.pass(kept);
      assert.deepEqual(counts(report), { scanned: 5, copied: 1, kept: 3, failed: 1 });
      assert.equal(report.failures[0]?.code, 'CatalogueUnusable');
      assert.match(report.failures[0].message, /newer version/);
      assert.equal(report.keptReasons["it may be removed, but the catalogue can't be written"], 3);
      assert.deepEqual(await recordsIn(bench.cache), names);
    });
  });

  it('damaged: it is put aside, nothing is removed in this pass, and the next one goes on with a new one', async () => {
    await withRecords(async (bench, names) => {
      await rm(`${fileIn(bench.cache)}-wal`, { force: true });
      await writeFile(fileIn(bench.cache), Buffer.alloc(20_000, 1));
      const report = await bench.pass(kept);
      assert.deepEqual(counts(report), { scanned: 5, copied: 1, kept: 3, failed: 1 });
      assert.equal(report.failures[0]?.code, 'CatalogueUnusable');
      assert.match(report.failures[0].message, /rebuild/);
      assert.deepEqual(await recordsIn(bench.cache), names);
      const aside = (await readdir(bench.cache)).filter((name) => name.includes('.damaged-'));
      assert.equal(aside.length, 1);
      assert.ok((await readFile(join(bench.cache, aside[0] ?? ''))).equals(Buffer.alloc(20_000, 1)));
      const next = await bench.pass(kept);
      assert.equal(next.failed, 0);
      assert.equal(next.removed, 3);
    });
  });

  it('of another target: the pass is refused before anything is touched', async () => {
    await withRecords(async (bench, names) => {
      const other = { ...kept, targetUrl: `${bench.sandbox.url}/other` };
      await assert.rejects(bench.pass(other), {
        name: 'ConfigError',
        message: /is the catalogue of the target/,
      });
      assert.deepEqual(await recordsIn(bench.cache), names);
    });
  });

  it('of another cache: refused, too', async () => {
    await withSharedArchive(async (bench) => {
      const cataloguePath = join(bench.cache, '../', `catalogue-${process.pid}`);
      try {
        await writeRecord(bench.cache, 'r', SIZE);
        await bench.pass({ ...cached, cataloguePath });
        const elsewhere = join(bench.cache, 'deeper');
        await mkdir(elsewhere);
        const second = { ...cached, cataloguePath, cacheDirectory: elsewhere };
        await assert.rejects(bench.pass(second), {
          name: 'ConfigError',
          message: /is the catalogue of the cache/,
        });
      } finally {
        for (const suffix of ['', '-wal', '-shm']) await rm(cataloguePath + suffix, { force: true });
      }
    });
  });
});

describe('records that have left the cache', () => {
  const count = scaled('records', 60, 1000);
  const wrong = 10;

  /** New bytes, and the server's stored checksum of the old ones goes, so that it says the new one's. */
  async function changed(bench: Bench, name: string): Promise<void> {
    const path = bench.sandbox.diskPath(name);
    const { mtime, atime } = await stat(path);
    await bench.sandbox.corrupt(name, { keepChecksums: false });
    await utimes(path, atime, mtime);
  }

  it('of which the disk can’t tell whether they have gone are followed; the pass goes on', async () => {
    await withSharedArchive(async (bench) => {
      for (const name of ['d/there', 'd/gone']) await writeRecord(bench.cache, name, SIZE);
      assert.equal((await bench.pass(cached)).removedAfterCopy, 2);
      // As a crash leaves them, and a rebuild.
      const database = new Database(fileIn(bench.cache));
      database.exec('UPDATE records SET removed = NULL');
      database.close();
      await rm(join(bench.cache, 'd'), { recursive: true, force: true });
      await symlink('d', join(bench.cache, 'd'));
      await rm(bench.sandbox.diskPath('d/gone'));
      assert.deepEqual(lost(await bench.pass({ ...cached, exclude: ['d'] })), ['d/gone']);
    });
  });

  it(`${count}, of which ${wrong} each are deleted, truncated and changed: exactly these are lost copies`, async () => {
    await withSharedArchive(async (bench) => {
      const names = await fill(bench, count);
      assert.equal((await bench.pass(cached)).removedAfterCopy, count);
      const deleted = names.slice(0, wrong);
      const short = names.slice(wrong, 2 * wrong);
      const other = names.slice(2 * wrong, 3 * wrong);
      for (const name of deleted) await rm(bench.sandbox.diskPath(name));
      for (const name of short) await truncate(bench.sandbox.diskPath(name), 10);
      for (const name of other) await changed(bench, name);
      const expected = [...deleted, ...short, ...other].sort();
      const report = await bench.pass(cached);
      assert.deepEqual(lost(report).sort(), expected);
      assert.deepEqual(counts(report), { scanned: 3 * wrong, failed: 3 * wrong });
      assert.equal(report.lost, 3 * wrong);
      assert.equal(report.removedNotOnTape?.files, count);
      // Until somebody resolves it.
      assert.deepEqual(lost(await bench.pass(cached)).sort(), expected);

      // One is brought back, tape gets the others.
      const [back = ''] = deleted;
      await mkdir(dirname(bench.sandbox.diskPath(back)), { recursive: true });
      await writeFile(bench.sandbox.diskPath(back), bytesOf(back, SIZE));
      await bench.sandbox.migrateAll();
      const next = await bench.pass(cached);
      assert.deepEqual(
        lost(next).sort(),
        expected.filter((name) => name !== back),
      );
      const rows = [...(await rowsOf(bench)).values()];
      assert.equal(rows.filter((row) => stateOf(row) === 'on_tape').length, count - 3 * wrong + 1);
      assert.equal((await bench.pass(cached)).removedNotOnTape, undefined);
    });
  });

  it('the server fails for one of them: a failure, and not a lost copy', async () => {
    await withSharedArchive(async (bench) => {
      await fill(bench, 3);
      await bench.pass(cached);
      const { report } = await passUnder(bench, cached, {
        around: (store) => ({
          statMany: async (names, signal) =>
            (await store.statMany(names, signal)).map((answer, index) =>
              names[index] === 'd1/shot-1' ? new Error('no answer') : answer,
            ),
          stat: (name, signal) =>
            name === 'd1/shot-1' ? Promise.reject(new Error('no answer')) : store.stat(name, signal),
        }),
      });
      assert.deepEqual(lost(report), []);
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.equal((await rowsOf(bench)).get('d1/shot-1')?.lost, null);
    });
  });

  it("bytes that were changed under the server's own checksum are found: they are read back", async () => {
    await withSharedArchive(async (bench) => {
      await fill(bench, 3);
      await bench.pass(cached);
      await bench.sandbox.corrupt('d1/shot-1');
      assert.deepEqual(lost(await bench.pass(cached)), ['d1/shot-1']);
    });
  });

  it('a server that says for a moment that one is missing is asked again', async () => {
    await withSharedArchive(async (bench) => {
      await fill(bench, 3);
      await bench.pass(cached);
      let asked = 0;
      const { report } = await passUnder(bench, cached, {
        around: (store) => ({
          statMany: async (names, signal) =>
            (await store.statMany(names, signal)).map((answer, index) =>
              names[index] === 'd1/shot-1' ? null : answer,
            ),
          stat: async (name, signal) =>
            name === 'd1/shot-1' && ++asked === 1 ? null : await store.stat(name, signal),
        }),
      });
      assert.ok(asked >= 2);
      assert.deepEqual([lost(report), report.failed], [[], 0]);
      assert.equal((await rowsOf(bench)).get('d1/shot-1')?.lost, null);
    });
  });

  it("data servers with different files of a name: the check can't be made, and nothing is lost", async () => {
    await withSharedArchive(async (bench) => {
      await fill(bench, 3);
      await bench.pass(cached);
      await bench.sandbox.corrupt('d1/shot-1');
      const { report } = await passUnder(bench, cached, {
        around: () => ({ differing: () => Promise.resolve(['root://a', 'root://b']) }),
      });
      assert.deepEqual(
        report.failures.map(({ path, code }) => [path, code]),
        [['d1/shot-1', 'Unverified']],
      );
      assert.equal((await rowsOf(bench)).get('d1/shot-1')?.lost, null);
    });
  });

  for (const [title, add] of [
    ['', false],
    [', also if the pass makes it anew', true],
  ] as const)
    it(`a base that is gone, as of a storage that isn't mounted, is one failure: nothing is lost${title}`, async () => {
      await withSharedArchive(async (bench) => {
        await fill(bench, 3);
        await bench.pass(cached);
        const base = bench.sandbox.diskPath('.');
        await rename(base, `${base.replace(/\/\.?$/, '')}-elsewhere`);
        if (add) await writeRecord(bench.cache, 'new', SIZE);
        await assert.rejects(bench.pass(cached), { name: 'ConfigError', message: /is its storage mounted/ });
        for (const row of (await rowsOf(bench)).values()) assert.equal(row.lost, null);
      });
    });

  it('the only copy of one is gone, and another record gets its name: it stays a lost copy until it is forgotten', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', SIZE);
      await bench.pass(cached);
      await rm(bench.sandbox.diskPath('r'));
      await writeRecord(bench.cache, 'r', SIZE + 1);
      await bench.pass(kept);
      for (const options of [kept, cached, cached]) assert.deepEqual(lost(await bench.pass(options)), ['r']);
      const audit = () => bench.archive(cached).verify([], { against: { catalogue: true } });
      assert.deepEqual(lost(await audit()), ['r']);
      const config = { ...catalogueConfig(bench.cache), targetUrl: bench.sandbox.url };
      const catalogue = await mustOpen(config, { mode: 'write' });
      await catalogue.durable({ kind: 'forgotten', path: 'r', at: Date.now(), reason: 'test' });
      await catalogue.close();
      assert.deepEqual(lost(await bench.pass(cached)), []);
      assert.deepEqual(lost(await audit()), []);
      assert.equal((await rowsOf(bench)).get('r')?.size, SIZE + 1);
    });
  });

  it('overdue for tape: the warning that records in the cache have, too', async () => {
    await withSharedArchive(async (bench) => {
      await fill(bench, 3);
      await bench.pass(cached);
      const { report, lines } = await passUnder(
        bench,
        { ...cached, maxAgeWarning: '1h' },
        { ahead: 2 * 3_600_000 },
      );
      assert.equal(report.removedNotOnTape?.overdue, 3);
      assert.ok(
        lines.some(({ level, message }) => level === 'warn' && /are no longer in the cache/.test(message)),
      );
    });
  });
});
