/** The archive against a sandbox that behaves as EOS, CTA and other sites do: the table of docs/servers.md. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../lib/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { FileSystem } from '../../lib/xrdcl/index.js';
import { counts, recordsIn, withArchive, type OwnBench } from '../support/archive.js';
import { cli } from '../support/cli.js';
import { bytesOf, holdsRecord, writeRecord } from '../support/records.js';
import { offlineOf, quick, until, withOffline } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

/** Failures as `path code`. */
function failuresOf({ failures }: Report): string[] {
  return failures.map(({ path, code }) => `${path} ${code}`).sort();
}

function messageOf({ failures }: Report, path: string): string {
  return failures.find((failure) => failure.path === path)?.message ?? '';
}

async function write(bench: OwnBench, records: readonly (readonly [string, number])[]): Promise<void> {
  for (const [name, size] of records) await writeRecord(bench.cache, name, size);
}

async function assertOnServer({ sandbox }: OwnBench, name: string, size: number): Promise<void> {
  assert.ok(await holdsRecord(sandbox.diskPath(name), name, size), name);
}

describe('Other servers: a close that fails with 3007, and the file is gone', () => {
  for (const [how, size] of [
    ['small', 1000],
    ['large', 3_000_000],
  ] as const) {
    it(`keeps a ${how} record, tries as often as retry_attempts says, and copies it when the server lets it`, async () => {
      let fails = true;
      await withArchive({ failCommit: (path) => fails && path === 'bad' }, async (bench) => {
        await write(bench, [
          ['bad', size],
          ['good', 10],
        ]);
        for (const autoRemove of ['backed_up', 'cached'] as const) {
          const report = await bench.pass({ autoRemove, retryAttempts: 2 });
          assert.deepEqual(failuresOf(report), ['bad IOError']);
          assert.match(messageOf(report, 'bad'), /did not keep the copy.*ask its operators/);
          assert.equal(bench.events.filter(({ type }) => type === 'file:retry').length, 1);
          assert.ok(await holdsRecord(join(bench.cache, 'bad'), 'bad', size));
          assert.equal(await bench.sandbox.stateOf('bad'), undefined);
        }
        fails = false;
        assert.deepEqual(counts(await bench.pass({ autoRemove: 'cached' })).removedAfterCopy, 1);
        await assertOnServer(bench, 'bad', size);
        assert.deepEqual(await recordsIn(bench.cache), []);
      });
    });
  }
});

describe('Other servers: names that the server refuses with 3022', () => {
  it('says what is wrong with each of them, keeps them, and goes on with the others', async () => {
    await withArchive({ eosNames: true }, async (bench) => {
      await write(bench, [
        ['Zürich/x+y', 1000],
        ['run(1)/a', 10],
        ['run 1/a', 10],
      ]);
      for (const autoRemove of ['cached', 'never', 'backed_up'] as const) {
        const report = await bench.pass({ autoRemove });
        assert.deepEqual(failuresOf(report), ['Zürich/x+y BadName', 'run(1)/a BadName']);
        assert.match(messageOf(report, 'Zürich/x+y'), /because of "ü", "\+" .*give it another name/);
        assert.match(messageOf(report, 'run(1)/a'), /because of "\(", "\)" /);
        assert.equal(bench.events.filter(({ type }) => type === 'file:retry').length, 0);
        assert.deepEqual(await recordsIn(bench.cache), ['Zürich/x+y', 'run(1)/a']);
      }
      await assertOnServer(bench, 'run 1/a', 10);
      const { cache, sandbox } = bench;
      const shell = await cli(['backup', '--cache', cache, '--target', sandbox.url]);
      assert.equal(shell.code, 1, shell.stderr);
      assert.match(shell.stderr, /the server refuses its name.*record=run\(1\)\/a code=BadName/);
      const excluded = await bench.pass({ autoRemove: 'cached', exclude: ['Zürich', 'run(1)'] });
      assert.deepEqual(counts(excluded), { scanned: 2, kept: 2 });
    });
  });
});

describe('Other servers: no files without bytes', () => {
  it('keeps an empty record, says why, and does not try it again in the same pass', async () => {
    await withArchive({ refuseEmpty: true }, async (bench) => {
      await write(bench, [
        ['empty', 0],
        ['full', 10],
      ]);
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(failuresOf(report), ['empty EmptyRefused']);
      assert.match(messageOf(report, 'empty'), /is empty.*leave it out with exclude/);
      assert.equal(bench.events.filter(({ type }) => type === 'file:retry').length, 0);
      assert.deepEqual(await recordsIn(bench.cache), ['empty']);
      await assertOnServer(bench, 'full', 10);
    });
  });

  it('keeps an empty record for ever that tape never takes, as CTA does', async () => {
    await withArchive({ failMigration: 'empty', migrationDelay: 'never' }, async (bench) => {
      await write(bench, [
        ['empty', 0],
        ['full', 10],
      ]);
      await bench.pass();
      await bench.sandbox.migrateAll();
      assert.deepEqual(counts(await bench.pass()), { scanned: 2, removed: 1, kept: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['empty']);
    });
  });
});

describe('Other servers: write-once directories', () => {
  const once = { writeOnce: ['raw'], migrationDelay: 'never' } as const;

  it('archives, removes and restores as elsewhere', async () => {
    await withArchive(once, async (bench) => {
      const records = [
        ['raw/d/a', 1000],
        ['raw/b', 3_000_000],
        ['raw/empty', 0],
      ] as const;
      await write(bench, records);
      assert.deepEqual(counts(await bench.pass()), { scanned: 3, copied: 3 });
      await bench.sandbox.migrateAll();
      assert.deepEqual(counts(await bench.pass()), { scanned: 3, removed: 3 });
      await withTemp(async (to) => {
        assert.equal((await bench.archive(quick).restore(['.'], { to })).copied, 3);
        for (const [name, size] of records) assert.ok(await holdsRecord(join(to, name), name, size));
      });
    });
  });

  it('reports a record that changed after it was archived as a conflict; both stay', async () => {
    await withArchive(once, async (bench) => {
      await write(bench, [['raw/a', 1000]]);
      await bench.pass({ autoRemove: 'never' });
      await writeFile(join(bench.cache, 'raw/a'), bytesOf('other', 1000));
      assert.deepEqual(failuresOf(await bench.pass({ autoRemove: 'cached' })), ['raw/a Conflict']);
      await assertOnServer(bench, 'raw/a', 1000);
      assert.ok(await holdsRecord(join(bench.cache, 'raw/a'), 'other', 1000));
    });
  });

  it('says that an unfinished copy must be removed at the server, and copies the record then', async () => {
    await withArchive(once, async (bench) => {
      await write(bench, [['raw/a', 2000]]);
      await mkdir(bench.sandbox.diskPath('raw'));
      // The server runs as another user.
      await chmod(bench.sandbox.diskPath('raw'), 0o777);
      await writeFile(bench.sandbox.diskPath('raw/a'), bytesOf('raw/a', 2000).subarray(0, 500));
      const options = { autoRemove: 'cached', unfinishedAfterSeconds: 0 } as const;
      const report = await bench.pass(options);
      assert.deepEqual(failuresOf(report), ['raw/a NotRemovable']);
      assert.match(
        messageOf(report, 'raw/a'),
        /an unfinished copy .*does not let us remove it.*removed there/,
      );
      assert.deepEqual(await recordsIn(bench.cache), ['raw/a']);
      assert.equal((await bench.sandbox.stateOf('raw/a'))?.size, 500);
      await rm(bench.sandbox.diskPath('raw/a'));
      assert.equal((await bench.pass(options)).removedAfterCopy, 1);
      await assertOnServer(bench, 'raw/a', 2000);
    });
  });

  it('reports what a stopped copy has left there in the next pass', async () => {
    await withArchive(once, async (bench) => {
      await write(bench, [['raw/a', 20_000_000]]);
      const stop = new AbortController();
      const archive = bench.archive({ maxRate: 2_000_000, autoRemove: 'cached' });
      archive.on('file:progress', ({ bytes }) => {
        if (bytes > 0) stop.abort();
      });
      assert.equal((await archive.backup({ signal: stop.signal })).interrupted, true);
      const left = (await bench.sandbox.stateOf('raw/a'))?.size ?? 0;
      assert.ok(left > 0 && left < 20_000_000, String(left));
      const report = await bench.pass({ autoRemove: 'cached', unfinishedAfterSeconds: 0 });
      assert.deepEqual(failuresOf(report), ['raw/a NotRemovable']);
      assert.ok(await holdsRecord(join(bench.cache, 'raw/a'), 'raw/a', 20_000_000));
    });
  });
});

describe('Other servers: as the place that a restore goes to', () => {
  it('restores what the server takes, and reports the rest as a backup does; nothing of ours is left', async () => {
    const records = [
      ['a', 1000],
      ['ä', 1000],
      ['bad', 1000],
    ] as const;
    await withOffline({}, records, async (bench) => {
      let fails = true;
      await using other = await TapeSandbox.start({ eosNames: true, failCommit: () => fails });
      const restore = () =>
        bench.archive({ ...quick, retryAttempts: 2 }).restore(['.'], { to: `${other.url}/t` });
      assert.deepEqual(failuresOf(await restore()), ['a IOError', 'bad IOError', 'ä BadName']);
      assert.deepEqual(await readdir(other.diskPath('t')), []);
      fails = false;
      const report = await restore();
      assert.deepEqual(failuresOf(report), ['ä BadName']);
      assert.equal(report.copied, 2);
      assert.ok(await holdsRecord(other.diskPath('t/a'), 'a', 1000));
    });
  });
});

describe('Other servers: evictions that are counted', () => {
  it('leaves a file to others that have staged it, and evict says so', async () => {
    const records = [
      ['f', 1000],
      ['g', 1000],
    ] as const;
    // Both are still offline when the restore lists them.
    await withOffline({ countEvictions: true, stageDelay: 8 }, records, async (bench) => {
      const client = new FileSystem(`root://${bench.sandbox.host}`);
      await client.stage(['/archive/f']);
      await client.stage(['/archive/f']);
      await withTemp(async (to) => {
        const report = await bench.archive(quick).restore(['.'], { to, evict: true });
        assert.deepEqual(counts(report), { scanned: 2, copied: 2, evicted: 2 });
      });
      await until(async () => (await offlineOf(bench, records)).includes('g'));
      assert.deepEqual(await offlineOf(bench, records), ['g']);
      const evict = () => bench.archive(quick).evict(['f'], { confirmSeconds: 0.1 });
      assert.deepEqual((await evict()).keptReasons, {
        'given up, and still in the disk buffer: in use, or kept for somebody else': 1,
      });
      assert.equal((await bench.archive(quick).evict(['f'], { confirmSeconds: 20 })).evicted, 1);
      assert.deepEqual(await offlineOf(bench, records), ['f', 'g']);
    });
  });
});

describe('Other servers: stage requests beyond their number are refused with 3024', () => {
  it('reports the file after its attempts, and restores it once it came for the others', async () => {
    await withOffline({ maxStageRequests: 2, stageDelay: 8 }, [['f', 1000]], async (bench) => {
      const client = new FileSystem(`root://${bench.sandbox.host}`);
      for (let i = 0; i < 2; i++) await client.stage(['/archive/f']);
      await withTemp(async (to) => {
        const report = await bench.archive({ ...quick, retryAttempts: 2 }).restore(['f'], { to });
        assert.deepEqual(failuresOf(report), ['f Overloaded']);
        assert.match(messageOf(report, 'f'), /maximum number of retrieve requests on file/);
        assert.equal(bench.events.filter(({ type }) => type === 'file:retry').length, 1);
        assert.deepEqual(await recordsIn(to), []);
        await until(async () => (await bench.sandbox.stateOf('f'))?.offline === false);
        assert.equal((await bench.archive(quick).restore(['f'], { to })).copied, 1);
        assert.ok(await holdsRecord(join(to, 'f'), 'f', 1000));
      });
    });
  });

  it('restores it beside others all the same, and leaves it then to those who asked for it', async () => {
    const records = [
      ['f', 1000],
      ['g', 1000],
    ] as const;
    const options = { maxStageRequests: 2, stageDelay: 2, countEvictions: true };
    await withOffline(options, records, async (bench) => {
      const client = new FileSystem(`root://${bench.sandbox.host}`);
      for (let i = 0; i < 2; i++) await client.stage(['/archive/f']);
      await withTemp(async (to) => {
        const report = await bench.archive(quick).restore(['.'], { to, evict: true });
        assert.deepEqual(counts(report), { scanned: 2, copied: 2, evicted: 1 });
      });
      await until(async () => (await offlineOf(bench, records)).includes('g'));
      const evicted = bench.sandbox.prepares.filter(({ kind }) => kind === 'evict');
      assert.deepEqual(
        evicted.flatMap(({ paths }) => paths),
        ['/archive/g'],
      );
    });
  });
});
