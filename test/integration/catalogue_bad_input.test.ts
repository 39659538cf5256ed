import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import type { Catalogue } from '../../lib/catalogue/catalogue.js';
import type { CatalogueError } from '../../lib/catalogue/error.js';
import { ownFile } from '../../lib/cache/own_files.js';
import { CATALOGUE_NAME } from '../../lib/catalogue/place.js';
import { isSuspect } from '../../lib/catalogue/suspect.js';
import { allRows, catalogueConfig, factsOf, fileIn, mustOpen, rowOf } from '../support/catalogue.js';
import { asOrdinaryUser } from '../support/ordinary_user.js';
import { fillBlocks, withSmallDisk } from '../support/small_disk.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const NAMES = Array.from({ length: 3000 }, (_, i) => `run/${String(i).padStart(5, '0')}`);

/** A catalogue of 3,000 rows, closed. */
async function makeIn(cache: string): Promise<string> {
  await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'write' });
  for (const path of NAMES) catalogue.note({ kind: 'imported', row: rowOf(path) });
  await catalogue.flush();
  await catalogue.close();
  return fileIn(cache);
}

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const fd = fs.openSync(file, 'r+');
  fs.writeSync(fd, bytes, 0, bytes.length, at);
  fs.closeSync(fd);
}

const openIn = (cache: string, mode: 'read' | 'write' = 'write') =>
  mustOpen(catalogueConfig(cache), { mode });
const asides = (cache: string) =>
  fs.readdirSync(cache).filter((name) => /\.damaged-[^/]*Z(-\d+)?$/.test(name));

/** It is told, put aside with all its bytes, under a name that is ours, and a new one works. */
async function isPutAside(cache: string, reason: RegExp): Promise<void> {
  const before = fs.readFileSync(fileIn(cache));
  await assert.rejects(openIn(cache, 'read'), { code: 'Damaged', message: /catalogue rebuild/ });
  assert.deepEqual(fs.readFileSync(fileIn(cache)), before, 'a reader changes nothing');
  await using catalogue = await openIn(cache);
  assert.match(catalogue.damaged?.reason ?? '', reason);
  assert.match(catalogue.damaged?.reason ?? '', /catalogue rebuild/);
  assert.ok(catalogue.isNew);
  assert.deepEqual(
    asides(cache).map((name) => join(cache, name)),
    [catalogue.damaged?.movedTo],
  );
  assert.deepEqual(fs.readFileSync(catalogue.damaged?.movedTo ?? ''), before);
  for (const name of fs.readdirSync(cache)) assert.equal(ownFile(name), 'state', name);
  await catalogue.durable({ kind: 'imported', row: rowOf('new') });
  assert.equal((await allRows(catalogue)).length, 1);
}

describe('a catalogue that is damaged is put aside and told:', () => {
  const table: [string, RegExp, (file: string) => void][] = [
    ['empty', /empty/, (file) => fs.truncateSync(file, 0)],
    ['of one byte', /header/, (file) => fs.truncateSync(file, 1)],
    ['its header alone', /./, (file) => fs.truncateSync(file, 100)],
    ['its second half missing', /./, (file) => fs.truncateSync(file, 4096 * 20)],
    ['cut within a page', /./, (file) => fs.truncateSync(file, fs.statSync(file).size - 1000)],
    ['its magic overwritten', /header/, (file) => overwrite(file, 0, Buffer.from('x'))],
    ['its application overwritten', /header/, (file) => overwrite(file, 68, Buffer.alloc(4, 0xee))],
    ['its schema format overwritten', /header/, (file) => overwrite(file, 44, Buffer.alloc(4, 0xee))],
    ['its page size overwritten', /./, (file) => overwrite(file, 16, Buffer.alloc(2, 0x11))],
    ['its first page overwritten', /./, (file) => overwrite(file, 100, Buffer.alloc(3996, 0xaa))],
    ['a page of zeros in its middle', /./, (file) => overwrite(file, 4096 * 30, Buffer.alloc(4096))],
    ['text', /header/, (file) => fs.writeFileSync(file, 'These are my notes.\n')],
    ['random bytes', /header/, (file) => fs.writeFileSync(file, Buffer.alloc(9000, 3))],
  ];
  for (const [name, reason, damage] of table)
    it(name, async () => {
      await withTemp(async (cache) => {
        damage(await makeIn(cache));
        await isPutAside(cache, reason);
      });
    });

  it('anything overwritten anywhere: told, or every row is read', async () => {
    await withTemp(async (cache) => {
      const whole = fs.readFileSync(await makeIn(cache));
      let told = 0;
      const rounds = scaled('overwritten places', 30, 400);
      for (let round = 0; round < rounds; round++) {
        const file = fileIn(cache);
        for (const name of fs.readdirSync(cache)) fs.rmSync(join(cache, name));
        fs.writeFileSync(file, whole);
        overwrite(file, randomInt(whole.length - 64), Buffer.alloc(64, randomInt(256)));
        try {
          await using catalogue = await openIn(cache);
          if (catalogue.damaged !== undefined) {
            told += 1;
            assert.equal(asides(cache).length, 1);
            continue;
          }
          const rows = await allRows(catalogue);
          assert.equal(rows.length, NAMES.length);
        } catch (error) {
          told += 1;
          assert.ok(
            ['Damaged', 'Newer', 'Unavailable'].includes((error as CatalogueError).code),
            String(error),
          );
        }
      }
      assert.ok(told > 0, 'no damage was noticed');
    });
  });

  it('its file missing, its log there', async () => {
    await withTemp(async (cache) => {
      fs.writeFileSync(`${fileIn(cache)}-wal`, Buffer.alloc(5000, 1));
      await using catalogue = await openIn(cache);
      assert.match(catalogue.damaged?.reason ?? '', /its log is there/);
      assert.equal(fs.statSync(`${catalogue.damaged?.movedTo}-wal`).size, 5000);
    });
  });

  it('twice in one millisecond: both are kept', async () => {
    await withTemp(async (cache) => {
      for (const text of ['one', 'two']) {
        fs.writeFileSync(fileIn(cache), text);
        await (await mustOpen(catalogueConfig(cache), { mode: 'write', now: 0 })).close();
        fs.rmSync(fileIn(cache));
        for (const suffix of ['-wal', '-shm']) fs.rmSync(fileIn(cache) + suffix, { force: true });
      }
      assert.deepEqual(
        asides(cache).map((name) => fs.readFileSync(join(cache, name), 'utf8')),
        ['one', 'two'],
      );
    });
  });

  it('by several processes at once: one is put aside, all use the new one', async () => {
    await withTemp(async (cache) => {
      fs.writeFileSync(fileIn(cache), 'damaged');
      const opened = await Promise.all([1, 2, 3, 4].map(() => openIn(cache)));
      assert.equal(new Set(opened.map(({ id }) => id)).size, 1);
      assert.equal(asides(cache).length, 1);
      for (const catalogue of opened) await catalogue.durable({ kind: 'imported', row: rowOf('a') });
      for (const catalogue of opened) await catalogue.close();
    });
  });
});

describe('a log beside the catalogue', () => {
  /** Copies what a process that was killed would leave. */
  async function killedAfter(cache: string, changes: number): Promise<Map<string, Buffer>> {
    await using catalogue = await openIn(cache);
    for (let i = 0; i < changes; i++) await catalogue.durable({ kind: 'imported', row: rowOf(`later/${i}`) });
    return new Map(['', '-wal', '-shm'].map((suffix) => [suffix, fs.readFileSync(fileIn(cache) + suffix)]));
  }
  const putBack = (cache: string, files: Map<string, Buffer>, suffixes: readonly string[]) => {
    for (const suffix of ['', '-wal', '-shm']) fs.rmSync(fileIn(cache) + suffix, { force: true });
    for (const suffix of suffixes) fs.writeFileSync(fileIn(cache) + suffix, files.get(suffix) ?? '');
  };

  for (const suffixes of [
    ['', '-wal', '-shm'],
    ['', '-wal'],
  ])
    it(`that SIGKILL has left is read (${suffixes.join(' ')})`, async () => {
      await withTemp(async (cache) => {
        await makeIn(cache);
        putBack(cache, await killedAfter(cache, 5), suffixes);
        await using catalogue = await openIn(cache);
        assert.equal(catalogue.damaged, undefined);
        assert.equal((await allRows(catalogue, { below: 'later' })).length, 5);
        await catalogue.check();
      });
    });

  it('that is cut loses only what was cut', async () => {
    await withTemp(async (cache) => {
      await makeIn(cache);
      const files = await killedAfter(cache, 5);
      const log = files.get('-wal') ?? Buffer.alloc(0);
      for (const bytes of [0, 10, 32, 4000, Math.floor(log.length / 2), log.length - 1]) {
        putBack(cache, files, ['']);
        fs.writeFileSync(`${fileIn(cache)}-wal`, log.subarray(0, bytes));
        await using catalogue = await openIn(cache);
        assert.equal(catalogue.damaged, undefined);
        assert.ok((await allRows(catalogue)).length >= NAMES.length);
        await catalogue.check();
      }
    });
  });

  it('that is newer than a copy that was put back is not mixed with it', async () => {
    await withTemp(async (cache) => {
      await makeIn(cache);
      const old = fs.readFileSync(fileIn(cache));
      // So much that the log begins anew: what was written before is only in the file.
      await using writing = await openIn(cache);
      await writing.durable({ kind: 'imported', row: rowOf('first') });
      await untilLogBeginsAnew(cache, writing);
      const newer = new Map(
        ['', '-wal', '-shm'].map((suffix) => [suffix, fs.readFileSync(fileIn(cache) + suffix)]),
      );
      await writing.close();
      putBack(cache, new Map([...newer, ['', old]]), ['', '-wal']);
      await isPutAside(cache, /copy from another time.*-wal/);
      // And the other way round: the log is older than the file.
      const later = await makeLater(cache, newer);
      putBack(cache, new Map([...newer, ['', later]]), ['', '-wal']);
      await using catalogue = await openIn(cache);
      assert.match(catalogue.damaged?.reason ?? '', /copy from another time/);
    });
  });

  /** Writes until the log begins anew. @returns its bytes before that */
  async function untilLogBeginsAnew(cache: string, writing: Catalogue): Promise<Buffer> {
    const log = () => fs.readFileSync(`${fileIn(cache)}-wal`);
    const saltOf = (bytes: Buffer) => bytes.toString('hex', 16, 24);
    for (let before = log(); ; before = log()) {
      for (const path of NAMES) writing.note({ kind: 'audited', path, at: 1, result: 'ok' });
      await writing.flush();
      if (saltOf(log()) !== saltOf(before)) return before;
    }
  }

  it('whose first frame was being written when its writer was killed has no commit', async () => {
    await withTemp(async (cache) => {
      await makeIn(cache);
      await using writing = await openIn(cache);
      await writing.durable({ kind: 'imported', row: rowOf('first') });
      const log = await untilLogBeginsAnew(cache, writing);
      const files = new Map([['', fs.readFileSync(fileIn(cache))]]);
      const anew = fs.readFileSync(`${fileIn(cache)}-wal`);
      await writing.close();
      // The log's header, then the frame's; the page behind it is still that of the log before.
      for (const written of [32, 32 + 24, 32 + 24 + 62, 32 + 24 + 4000]) {
        files.set('-wal', Buffer.concat([anew.subarray(0, written), log.subarray(written)]));
        putBack(cache, files, ['', '-wal']);
        await using catalogue = await openIn(cache);
        assert.equal(catalogue.damaged, undefined, `${written} bytes written`);
        assert.ok((await allRows(catalogue)).some(({ path }) => path === 'first'));
        await catalogue.check();
      }
    });
  });

  it('of another catalogue is not taken for its own', async () => {
    await withTemp(async (cache) => {
      await makeIn(cache);
      const file = fs.readFileSync(fileIn(cache));
      fs.rmSync(fileIn(cache));
      const other = await killedAfter(cache, 20);
      putBack(cache, new Map([...other, ['', file]]), ['', '-wal']);
      await isPutAside(cache, /copy from another time.*-wal/);
    });
  });

  describe('that is damaged before its end is told, where SQLite would leave out all commits behind:', () => {
    /** Where frames begin; `last[1]` is the one that ends the last commit but one. */
    function framesOf(log: Buffer): { all: number[]; last: number[] } {
      const frameBytes = 24 + log.readUInt32BE(8);
      const all = Array.from(
        { length: Math.floor((log.length - 32) / frameBytes) },
        (_, i) => 32 + i * frameBytes,
      );
      return { all, last: all.filter((at) => log.readUInt32BE(at + 4) > 0).reverse() };
    }
    type Place = (frames: ReturnType<typeof framesOf>) => readonly [from: number, bytes?: number];
    const places: Record<string, Place> = {
      'a bit of its magic': () => [0],
      'a bit of its page size': () => [10],
      'a bit of its salt': () => [17],
      'a bit of its checksum': () => [24],
      'its first block': () => [0, 4096],
      'its second block': () => [4096, 4096],
      'a block in its midst': ({ all }) => [Math.floor((all[all.length >> 1] ?? 0) / 4096) * 4096, 4096],
      'a bit of the first page': ({ all }) => [(all[0] ?? 0) + 24 + 200],
      'a bit of the second page': ({ all }) => [(all[1] ?? 0) + 24 + 200],
      'the sector with the header of the sixth frame': ({ all }) => [
        Math.floor((all[5] ?? 0) / 512) * 512,
        512,
      ],
      'the salt of the sixth frame': ({ all }) => [(all[5] ?? 0) + 8],
      'the page number of the last commit but one': ({ last }) => [(last[1] ?? 0) + 3],
      'the salt of the last commit but one': ({ last }) => [(last[1] ?? 0) + 12],
      'the checksum of the last commit but one': ({ last }) => [(last[1] ?? 0) + 18],
      'a page of the last commit but one': ({ last }) => [(last[1] ?? 0) + 24 + 100],
    };
    for (const [place, where] of Object.entries(places))
      it(place, async () => {
        await withTemp(async (cache) => {
          await makeIn(cache);
          const files = await killedAfter(cache, 10);
          const log = files.get('-wal') ?? Buffer.alloc(0);
          const [from, bytes] = where(framesOf(log));
          const damaged = Buffer.from(log);
          if (bytes === undefined) damaged.writeUInt8(log.readUInt8(from) ^ 1, from);
          else damaged.fill(0, from, from + bytes);
          assert.ok(!damaged.equals(log));
          putBack(cache, new Map([...files, ['-wal', damaged]]), ['', '-wal']);
          await using catalogue = await openIn(cache);
          assert.match(catalogue.damaged?.reason ?? '', /-wal\) is damaged before its end/);
        });
      });
  });

  it('is read though its mover was killed after the first page, which speaks of pages that only the log has', async () => {
    await withTemp(async (cache) => {
      await makeIn(cache);
      await using writing = await openIn(cache);
      // The file grows by few enough that all stay in the log, and then page 1 alone changes.
      for (let i = 0; i < 300; i++) writing.note({ kind: 'imported', row: rowOf(`more/${i}`) });
      await writing.flush();
      await writing.durable({ kind: 'imported', row: rowOf('last') });
      const [file, log] = ['', '-wal'].map((suffix) => fs.readFileSync(fileIn(cache) + suffix));
      assert.ok(file !== undefined && log !== undefined);
      await writing.close();
      const frameBytes = 24 + log.readUInt32BE(8);
      let first: Buffer | undefined;
      for (let at = 32; at + frameBytes <= log.length; at += frameBytes)
        if (log.readUInt32BE(at) === 1) first = log.subarray(at + 24, at + frameBytes);
      first?.copy(file);
      assert.ok(first !== undefined && file.readUInt32BE(28) * (frameBytes - 24) > file.length);
      putBack(
        cache,
        new Map([
          ['', file],
          ['-wal', log],
        ]),
        ['', '-wal'],
      );
      await using catalogue = await openIn(cache);
      assert.equal(catalogue.damaged, undefined);
      assert.equal((await allRows(catalogue)).length, NAMES.length + 301);
      await catalogue.check();
    });
  });

  async function makeLater(cache: string, files: Map<string, Buffer>): Promise<Buffer> {
    putBack(cache, files, ['', '-wal', '-shm']);
    await using catalogue = await openIn(cache);
    for (let i = 0; i < 3; i++) await catalogue.durable({ kind: 'imported', row: rowOf(`late/${i}`) });
    await catalogue.close();
    return fs.readFileSync(fileIn(cache));
  }

  it('never has a commit that the file couldn’t have, however much is written and read', async () => {
    await withTemp(async (cache) => {
      await using writing = await openIn(cache);
      const state = { ended: false };
      const written = (async () => {
        for (let round = 0; round < scaled('commits', 150, 3000); round++) {
          for (let i = 0; i < 50; i++) writing.note({ kind: 'imported', row: rowOf(`${round % 40}/${i}`) });
          await writing.durable({ kind: 'imported', row: rowOf(`last/${round}`) });
        }
        state.ended = true;
      })();
      let openings = 0;
      while (!state.ended) {
        await using reader = await openIn(cache, 'read');
        await reader.summary();
        openings += 1;
      }
      await written;
      assert.ok(openings > 0);
      await writing.check();
    });
  });
});

describe('what isn’t ours is refused and stays where it is:', () => {
  const refused = async (cache: string, code: string, message: RegExp, cataloguePath?: string) => {
    const config = { ...catalogueConfig(cache), cataloguePath };
    const file = cataloguePath ?? fileIn(cache);
    const before = fs.lstatSync(file).isFile() ? fs.readFileSync(file) : undefined;
    const names = fs.readdirSync(cache);
    for (const mode of ['read', 'write'] as const)
      await assert.rejects(mustOpen(config, { mode }), { name: 'CatalogueError', code, message });
    assert.deepEqual(fs.readdirSync(cache), names);
    if (before !== undefined) assert.deepEqual(fs.readFileSync(file), before);
  };

  it('another program’s database, also where ours would be', async () => {
    await withTemp(async (cache) => {
      const database = new Database(fileIn(cache));
      database.exec('CREATE TABLE t (a)');
      database.close();
      await refused(cache, 'Foreign', /another program.*catalogue_path/);
      await refused(cache, 'Foreign', /another program.*catalogue_path/, fileIn(cache));
    });
  });

  it('a text file at catalogue_path', async () => {
    await withTemp(async (place) => {
      const file = join(place, 'notes.txt');
      const cache = join(place, 'cache');
      fs.mkdirSync(cache);
      fs.writeFileSync(file, 'These are my notes.\n');
      await refused(cache, 'Foreign', /no catalogue.*catalogue_path/, file);
      assert.deepEqual(fs.readdirSync(place).sort(), ['cache', 'notes.txt']);
    });
  });

  it('a newer format', async () => {
    await withTemp(async (cache) => {
      overwrite(await makeIn(cache), 71, Buffer.from([2]));
      await refused(cache, 'Newer', /newer version.*format 2/);
    });
  });

  it('a newer format, for which a newer SQLite wrote a schema that this one cannot read', async () => {
    await withTemp(async (cache) => {
      const file = await makeIn(cache);
      overwrite(file, 71, Buffer.from([2]));
      overwrite(file, 47, Buffer.from([5]));
      await refused(cache, 'Newer', /newer version.*format 2/);
    });
  });

  it('a directory', async () => {
    await withTemp(async (cache) => {
      fs.mkdirSync(fileIn(cache));
      await refused(cache, 'Unavailable', /is a directory/);
    });
  });

  it('a pipe', async () => {
    await withTemp(async (cache) => {
      execFileSync('mkfifo', [fileIn(cache)]);
      await refused(cache, 'Unavailable', /no regular file/);
    });
  });

  it('a symbolic link, wherever it leads', async () => {
    await withTemp(async (cache) => {
      const elsewhere = join(cache, 'elsewhere');
      fs.symlinkSync(elsewhere, fileIn(cache));
      await refused(cache, 'Unavailable', /symbolic link/);
      assert.ok(!fs.existsSync(elsewhere));
      fs.rmSync(fileIn(cache));
      fs.renameSync(await makeIn(cache), elsewhere);
      fs.symlinkSync(elsewhere, fileIn(cache));
      await refused(cache, 'Unavailable', /symbolic link/);
    });
  });

  it('a symbolic link as its log', async () => {
    await withTemp(async (cache) => {
      await makeIn(cache);
      const victim = join(cache, 'victim');
      fs.writeFileSync(victim, 'mine');
      fs.rmSync(`${fileIn(cache)}-wal`, { force: true });
      fs.symlinkSync(victim, `${fileIn(cache)}-wal`);
      await assert.rejects(openIn(cache), { name: 'CatalogueError' });
      assert.equal(fs.readFileSync(victim, 'utf8'), 'mine');
    });
  });
});

describe('a catalogue that meets trouble while it is open', () => {
  it('damage: told, no more is written, and the next opening finds it, however large the file is', async () => {
    await withTemp(async (cache) => {
      const file = await makeIn(cache);
      // A check would have read the pages into SQLite's memory.
      const catalogue = await mustOpen(catalogueConfig(cache), { mode: 'write', unchecked: true });
      overwrite(file, 4096 * 8, Buffer.alloc(fs.statSync(file).size - 4096 * 8, 0xa5));
      await assert.rejects(allRows(catalogue), { code: 'Damaged' });
      await assert.rejects(catalogue.durable({ kind: 'imported', row: rowOf('x') }), { code: 'Damaged' });
      assert.ok(isSuspect(file));
      await catalogue.close();
      await using again = await openIn(cache);
      assert.notEqual(again.damaged, undefined);
      assert.ok(!isSuspect(file));
    });
  });

  it('a suspicion that a check doesn’t confirm is cleared by who writes', async () => {
    await withTemp(async (cache) => {
      const file = await makeIn(cache);
      fs.writeFileSync(`${file}.suspect`, 'x');
      await (await openIn(cache, 'read')).close();
      assert.ok(isSuspect(file));
      await using catalogue = await openIn(cache);
      assert.deepEqual([catalogue.damaged, isSuspect(file)], [undefined, false]);
    });
  });

  for (const suffix of ['', '-wal'])
    for (const what of ['moved', 'removed', 'replaced'] as const)
      it(`${suffix === '' ? 'its file' : 'its log'} ${what}: nothing counts as durable`, async () => {
        await withTemp(async (cache) => {
          await makeIn(cache);
          const catalogue = await openIn(cache);
          await catalogue.durable({ kind: 'imported', row: rowOf('before') });
          const name = fileIn(cache) + suffix;
          const copy = fs.readFileSync(name);
          if (what === 'moved') fs.renameSync(name, `${name}.moved`);
          else fs.rmSync(name);
          if (what === 'replaced') {
            // So that it doesn't get the number of the one that was removed.
            fs.writeFileSync(join(cache, 'other'), '');
            fs.writeFileSync(name, copy);
          }
          await assert.rejects(catalogue.durable({ kind: 'imported', row: rowOf('after') }), {
            code: 'Unavailable',
            message: /moved or removed/,
          });
          assert.ok(catalogue.isIncomplete);
          await catalogue.close();
        });
      });

  it('a full disk: told, what waits is kept, and written when there is room', async function () {
    await withSmallDisk(this, 'size=12m', async (cache) => {
      await makeIn(cache);
      await using catalogue = await openIn(cache);
      await catalogue.durable({ kind: 'imported', row: rowOf('first') });
      fillBlocks(cache);
      const long = (i: number) => rowOf(`long/${i}/${'x'.repeat(3000)}`);
      const failed = Array.from({ length: 200 }, (_, i) =>
        catalogue.durable({ kind: 'imported', row: long(i) }),
      );
      for (const each of await Promise.allSettled(failed)) {
        assert.equal(each.status, 'rejected');
        assert.equal((each.reason as CatalogueError).code, 'Unavailable');
      }
      assert.ok(catalogue.isIncomplete);
      assert.equal((await allRows(catalogue)).length, NAMES.length + 1, 'it can still be read');
      fs.rmSync(join(cache, 'filler'));
      await catalogue.durable({
        kind: 'removing',
        facts: factsOf('last'),
        at: 1,
        rule: 'cached',
        onTape: null,
      });
      assert.ok(!catalogue.isIncomplete);
      assert.equal((await allRows(catalogue, { below: 'long' })).length, 200);
      await catalogue.check();
    });
  });

  it('a disk that is full from the beginning: none is made, nothing is left, and later it is', async function () {
    await withSmallDisk(this, 'size=256k', async (cache) => {
      fillBlocks(cache);
      await assert.rejects(openIn(cache), { name: 'CatalogueError', code: 'Unavailable' });
      assert.deepEqual(fs.readdirSync(cache), ['filler']);
      fs.rmSync(join(cache, 'filler'));
      await using catalogue = await openIn(cache);
      assert.ok(catalogue.isNew);
    });
  });
});

describe('a catalogue that an ordinary user may not', () => {
  const as = (cache: string, mode: string) =>
    asOrdinaryUser(`
      const { openCatalogue } = await import(LIB + 'catalogue/open_catalogue.js');
      const config = { catalogue: true, cacheDirectory: ${JSON.stringify(cache)}, targetUrl: 'root://localhost:1094//base' };
      try {
        const catalogue = await openCatalogue(config, { mode: ${JSON.stringify(mode)} });
        let rows = 0;
        for await (const row of catalogue.rows()) rows++;
        if (${JSON.stringify(mode)} === 'write') await catalogue.durable({ kind: 'meta', key: 'k', value: 'v' });
        await catalogue.close();
        return { rows };
      } catch ({ name, code, message }) { return { name, code, message }; }`) as Promise<
      Record<string, unknown>
    >;

  it('read', async () => {
    await withTemp(async (cache) => {
      fs.chmodSync(cache, 0o777);
      fs.chmodSync(await makeIn(cache), 0);
      for (const mode of ['read', 'write']) {
        const { name, code, message } = await as(cache, mode);
        assert.deepEqual([name, code], ['CatalogueError', 'Unavailable']);
        assert.match(String(message), new RegExp(CATALOGUE_NAME));
      }
    });
  });

  it('write, in a directory that it may not write: it can be read, or it is said why not', async () => {
    await withTemp(async (cache) => {
      const file = await makeIn(cache);
      fs.chmodSync(file, 0o444);
      fs.chmodSync(cache, 0o555);
      const before = fs.readFileSync(file);
      const reading = await as(cache, 'read');
      assert.ok(
        reading['rows'] === NAMES.length || reading['code'] === 'Unavailable',
        JSON.stringify(reading),
      );
      const writing = await as(cache, 'write');
      assert.deepEqual(
        [writing['name'], writing['code']],
        ['CatalogueError', 'Unavailable'],
        JSON.stringify(writing),
      );
      assert.deepEqual(fs.readFileSync(file), before);
      fs.chmodSync(cache, 0o755);
    });
  });

  it('make', async () => {
    await withTemp(async (cache) => {
      fs.chmodSync(cache, 0o555);
      const { code, message } = await as(cache, 'write');
      assert.equal(code, 'Unavailable', String(message));
      fs.chmodSync(cache, 0o755);
    });
  });
});

describe('the reserve for a full disk', () => {
  it('is never written through a link', async () => {
    await withTemp(async (cache) => {
      const other = join(cache, 'other');
      fs.writeFileSync(other, 'somebody else’s');
      const name = `${fileIn(cache)}.reserve-1`;
      fs.symlinkSync(other, name);
      await (await mustOpen(catalogueConfig(cache), { mode: 'write' })).close();
      assert.equal(fs.readFileSync(other, 'utf8'), 'somebody else’s');
      assert.ok(fs.lstatSync(name).isFile());
    });
  });
});
