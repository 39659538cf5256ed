import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive, ConfigError, XRootDError, type ArchiveEvent, type Report } from '../../lib/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { restore } from '../../lib/jobs/restore/restore.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import { TapeSandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { counts, keepingLogger, recordsIn, withArchive, type OwnBench } from '../support/archive.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { cancelled } from '../support/tape.js';
import { scaled } from '../support/tier.js';

const MiB = 2 ** 20;
const quick = { stagePollMinSeconds: 0.2, stagePollMaxSeconds: 0.5, stageDeadlineSeconds: 20 };

/** An archive whose records are all on tape and offline, and an empty directory to restore into. */
async function withTape(
  options: SandboxOptions,
  records: [name: string, size: number][],
  use: (bench: OwnBench, to: string) => Promise<void>,
): Promise<void> {
  await withArchive({ migrationDelay: 'never', ...options }, async (bench) => {
    for (const [name, size] of records) await writeRecord(bench.cache, name, size);
    await bench.pass({ autoRemove: 'cached' });
    await bench.sandbox.migrateAll();
    await bench.sandbox.evict(records.map(([name]) => name));
    const to = await mkdtemp(join(tmpdir(), 'xa-restore-'));
    try {
      await use(bench, to);
    } finally {
      await rm(to, { recursive: true, force: true });
    }
  });
}

function many(count: number, size = 500): [string, number][] {
  return Array.from({ length: count }, (_, i): [string, number] => [`d${i % 23}/r${i}`, size + i]);
}

async function offline(sandbox: TapeSandbox, names: readonly string[]): Promise<boolean[]> {
  return Promise.all(names.map(async (name) => (await sandbox.stateOf(name))?.offline === true));
}

/** The robot evicts in its own time. */
async function assertAllOffline(sandbox: TapeSandbox, names: readonly string[]): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const states = await offline(sandbox, names);
    const left = names.filter((_, index) => !states[index]);
    if (left.length === 0) return;
    assert.ok(Date.now() < deadline, `still online: ${left.slice(0, 5).join()}, ${left.length} in all`);
    await sleep(50);
  }
}

/** Our own files, which nobody should find afterwards. */
async function temporaries(to: string): Promise<string[]> {
  const all = await readdir(to, { recursive: true });
  return all.filter((path) => /\.xrootd-archive\./.test(path));
}

describe('restore', () => {
  const count = scaled('files', 200, 2000);
  it(`${count} files from tape, three that never come and two that fail: all others are restored, those reported`, async () => {
    const records = many(count);
    const never = ['d1/r1', 'd2/r2', 'd3/r3'];
    const broken = ['d4/r4', 'd5/r5'];
    const already = 'd10/r10';
    const options = {
      stageDelay: [0, scaled('s for tape', 2, 5)] as const,
      neverStage: (path: string) => never.includes(path),
      failStage: (path: string) => broken.includes(path),
    };
    await withTape(options, records, async (bench, to) => {
      await bench.sandbox.stage([already]);
      while ((await offline(bench.sandbox, [already]))[0] === true) await sleep(20);
      const times = new Map<string, number>();
      const archive = bench.archive({
        ...quick,
        stageDeadlineSeconds: scaled('s until a file is given up', 8, 20),
      });
      const note = (event: ArchiveEvent) => {
        if (event.type === 'file:copying' || event.type === 'stage:online')
          times.set(event.type + event.path, performance.now());
      };
      archive.onAny(note);
      const report = await archive.restore(['.'], { to, evict: true });
      assert.deepEqual(counts(report), {
        scanned: count,
        copied: count - 5,
        failed: 5,
        evicted: report.evicted,
      });
      assert.deepEqual(report.failures.map(({ path, code }) => `${code} ${path}`).sort(), [
        ...broken.map((path) => `StageFailed ${path}`),
        ...never.map((path) => `StageTimeout ${path}`),
      ]);
      const missing = [...never, ...broken];
      for (const [name, size] of records) {
        if (!missing.includes(name)) assert.ok(await holdsRecord(join(to, name), name, size), name);
      }
      assert.deepEqual((await recordsIn(to)).length, count - 5);
      assert.deepEqual(await temporaries(to), []);

      const entries = [...times];
      const firstCopy = Math.min(
        ...entries.filter(([key]) => key.startsWith('file:copying')).map(([, at]) => at),
      );
      const lastOnline = Math.max(
        ...entries.filter(([key]) => key.startsWith('stage:online')).map(([, at]) => at),
      );
      console.log(
        `      the last file came online ${Math.round(lastOnline - firstCopy)} ms after copying began`,
      );
      assert.ok(firstCopy < lastOnline);

      const staged = records
        .map(([name]) => name)
        .filter((name) => name !== already && !missing.includes(name));
      await assertAllOffline(bench.sandbox, staged);
      assert.deepEqual(await offline(bench.sandbox, [already]), [false]);
      // Those that failed as well, and what never came is asked for no more: nothing stays pinned.
      assert.equal(report.evicted, count - 4);
      assert.deepEqual(
        await cancelled(bench.sandbox, never.length),
        never.map((path) => `/archive/${path}`),
      );
      const asked = bench.sandbox.prepares
        .filter(({ kind }) => kind === 'stage')
        .flatMap(({ paths }) => [...paths]);
      assert.equal(new Set(asked).size, asked.length, 'nothing is staged twice');
      assert.ok(bench.sandbox.prepares.every(({ paths }) => paths.length <= 48));
    });
  });

  it('killed half-way and run again: nothing is staged or fetched twice, and all ends as it should', async () => {
    const total = scaled('files', 120, 400);
    const records = many(total);
    await withTape({ stageDelay: [1, scaled('s for tape', 3, 6)] }, records, async (bench, to) => {
      const library = new URL('../../lib/index.js', import.meta.url).href;
      const config = { targetUrl: bench.sandbox.url, logLevel: 'error', ...quick };
      const script = `
        const { Archive } = await import(${JSON.stringify(library)});
        const archive = new Archive(${JSON.stringify(config)});
        archive.on('file:restored', () => process.stdout.write('.'));
        await archive.restore(['.'], { to: ${JSON.stringify(to)}, evict: true });`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let seen = 0;
      child.stdout.on('data', (data: Buffer) => {
        seen += data.length;
        if (seen > total / 4) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const restored = await recordsIn(to);
      assert.ok(
        restored.length >= total / 4 && restored.length < total,
        `${restored.length} restored before the kill`,
      );

      const fetched: string[] = [];
      // A server may fail the checksum of a file whose first asker has just died, for a moment.
      const archive = bench.archive({ ...quick, retryDelaySeconds: 1 });
      archive.on('file:restored', ({ path }) => fetched.push(path));
      const report = await archive.restore(['.'], { to, evict: true });
      const expected = {
        scanned: total,
        copied: total - restored.length,
        kept: restored.length,
        evicted: total,
      };
      assert.deepEqual(counts(report), expected, JSON.stringify(report.failures));
      assert.deepEqual(
        fetched.filter((path) => restored.includes(path)),
        [],
      );
      for (const [name, size] of records) assert.ok(await holdsRecord(join(to, name), name, size), name);
      const asked = bench.sandbox.prepares
        .filter(({ kind }) => kind === 'stage')
        .flatMap(({ paths }) => [...paths]);
      assert.equal(new Set(asked).size, asked.length, 'nothing is staged twice');
      await assertAllOffline(
        bench.sandbox,
        records.map(([name]) => name),
      );
      assert.deepEqual(await temporaries(to), []);
    });
  });

  it('ended by its signal: cancel is sent, temporary files are gone', async () => {
    const records: [string, number][] = [...many(60), ['big', 64 * MiB]];
    await withTape({ stageDelay: [0, scaled('s for tape', 5, 30)] }, records, async (bench, to) => {
      await bench.sandbox.stage(['big']);
      while ((await offline(bench.sandbox, ['big']))[0] === true) await sleep(20);
      const stop = new AbortController();
      const archive = bench.archive(quick);
      archive.on('stage:requested', () =>
        setTimeout(() => {
          stop.abort();
        }, 300),
      );
      const report = await archive.restore(['.'], { to, evict: true, signal: stop.signal });
      assert.equal(report.interrupted, true);
      assert.deepEqual(await temporaries(to), []);
      assert.ok((await cancelled(bench.sandbox, 1)).length > 0);
      const again = await bench
        .archive({ ...quick, stageDeadlineSeconds: 60 })
        .restore(['.'], { to, evict: true });
      assert.equal(again.copied + again.kept, 61);
    });
  });

  it('skips what is identical, reports what differs, replaces it when asked, keeps the time', async () => {
    const records: [string, number][] = [
      ['a/1', 1000],
      ['a/2', 2000],
      ['b', 3000],
    ];
    await withTape({}, records, async (bench, to) => {
      // Without a catalogue the server's time is all that is known.
      const archive = bench.archive({ ...quick, catalogue: false });
      assert.deepEqual(counts(await archive.restore(['a'], { to })), { scanned: 2, copied: 2 });
      const remote = await stat(bench.sandbox.diskPath('a/1'));
      assert.equal(
        Math.floor((await stat(join(to, 'a/1'))).mtimeMs / 1000),
        Math.floor(remote.mtimeMs / 1000),
      );
      await writeFile(join(to, 'a/1'), 'other');
      await writeFile(join(to, 'b'), Buffer.alloc(3000));
      const report = await archive.restore(['.'], { to });
      assert.deepEqual(counts(report), { scanned: 3, kept: 1, conflicts: 2 });
      assert.equal(await readFile(join(to, 'a/1'), 'utf8'), 'other');
      assert.deepEqual(counts(await archive.restore(['**'], { to, overwrite: true })), {
        scanned: 3,
        copied: 2,
        kept: 1,
      });
      for (const [name, size] of records) assert.ok(await holdsRecord(join(to, name), name, size), name);
    });
  });

  it('chooses by glob and by time', async () => {
    const records: [string, number][] = [
      ['2024/x.h5', 10],
      ['2025/x.h5', 10],
      ['2025/y.txt', 10],
    ];
    await withTape({}, records, async (bench, to) => {
      const { sandbox } = bench;
      for (const copy of [sandbox.diskPath('2024/x.h5'), sandbox.tapePath('2024/x.h5')])
        await utimes(copy, 0, Date.UTC(2024, 5) / 1000);
      const archive = bench.archive({ ...quick, verify: 'size', catalogue: false });
      assert.equal(
        (await archive.restore(['**/*.h5'], { to, since: new Date('2025-01-01'), dryRun: true })).copied,
        1,
      );
      assert.equal((await archive.restore(['2024/*.h5', '2025'], { to, dryRun: true })).copied, 3);
      assert.deepEqual(await recordsIn(to), []);
      const absent = join(to, 'not/there');
      const report = await archive.restore(['2025/x.h5'], { to: absent, dryRun: true });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1 });
      assert.ok(!existsSync(absent));
      await assert.rejects(archive.restore(['../x'], { to: absent }), ConfigError);
      assert.ok(!existsSync(absent));
    });
  });

  it('takes nothing that the disk has no room for', async () => {
    await withTape({}, [['small', 1000]], async (bench, to) => {
      const large = bench.sandbox.diskPath('large');
      await writeFile(large, '');
      await chmod(large, 0o666);
      await truncate(large, (await statfs(to)).bavail * (await statfs(to)).bsize + 2 ** 40);
      const report = await bench.archive(quick).restore(['.'], { to });
      assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1 });
      assert.deepEqual(
        report.failures.map(({ path, code }) => [path, code]),
        [['large', 'ENOSPC']],
      );
      assert.deepEqual(await recordsIn(to), ['small']);
    });
  });

  it('finds a corrupted tape copy, and never gives it its name', async () => {
    await withTape(
      {},
      [
        ['good', MiB],
        ['bad', MiB],
      ],
      async (bench, to) => {
        await bench.sandbox.corrupt('bad');
        const report = await bench
          .archive({ ...quick, retryAttempts: 1 })
          .restore(['.'], { to, evict: true });
        assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1, evicted: 2 });
        assert.equal(report.failures[0]?.path, 'bad');
        // The catalogue says so, too.
        assert.equal(report.failures[0].code, 'LostCopy');
        assert.deepEqual(await recordsIn(to), ['good']);
        assert.deepEqual(await temporaries(to), []);
        await assertAllOffline(bench.sandbox, ['good', 'bad']);
      },
    );
  });

  it('writes nothing through a symbolic link planted in its directory', async () => {
    await withTape(
      {},
      [
        ['out/x', 10],
        ['link', 10],
        ['ok', 10],
      ],
      async (bench, to) => {
        const outside = await mkdtemp(join(tmpdir(), 'xa-outside-'));
        try {
          await symlink(outside, join(to, 'out'));
          await symlink(join(outside, 'file'), join(to, 'link'));
          const report: Report = await bench.archive(quick).restore(['.'], { to, overwrite: true });
          assert.equal(report.failed + report.conflicts, 2, JSON.stringify(report.failures));
          assert.equal(report.copied, 1);
          assert.deepEqual(await readdir(outside), []);
        } finally {
          await rm(outside, { recursive: true });
        }
      },
    );
  });

  it('to another XRootD server', async () => {
    await withTape(
      {},
      [
        ['a/1', 5 * MiB],
        ['b', 0],
        ['c', 100],
      ],
      async (bench) => {
        await using other = await TapeSandbox.start({ tapeFlags: false });
        const archive = bench.archive(quick);
        const report = await archive.restore(['.'], { to: other.url });
        assert.deepEqual(counts(report), { scanned: 3, copied: 3 }, JSON.stringify(report.failures));
        assert.ok(await holdsRecord(other.diskPath('a/1'), 'a/1', 5 * MiB));
        assert.deepEqual(counts(await archive.restore(['.'], { to: other.url })), { scanned: 3, kept: 3 });
      },
    );
  });

  it('a server that dies ends it with its error; what came is whole', async () => {
    await withTape({ stageDelay: 1 }, many(50, 100_000), async (bench, to) => {
      // So slow that most are still to come when the first is there.
      const archive = bench.archive({ ...quick, retryAttempts: 1, maxRate: 10 ** 6 });
      let killed: Promise<void> | undefined;
      archive.on('file:restored', () => (killed ??= bench.sandbox.kill()));
      await assert.rejects(archive.restore(['.'], { to }), { name: 'XRootDError' });
      await killed;
      for (const name of await recordsIn(to)) {
        const size = 100_000 + Number(/\d+$/.exec(name)?.[0]);
        assert.ok(await holdsRecord(join(to, name), name, size), name);
      }
      assert.deepEqual(
        await temporaries(to),
        // The journal: the next restore goes on with the same requests.
        ['.xrootd-archive.staged'],
      );
    });
  });

  it('into a directory of the cache leaves nothing that a backup stumbles over', async () => {
    await withTape({}, [['a', 10]], async (bench) => {
      const to = join(bench.cache, 'back/here');
      assert.equal((await bench.archive(quick).restore(['.'], { to })).copied, 1);
      assert.deepEqual(await readdir(to), ['a']);
      // Of an older version, or of a restore that was killed.
      for (const name of ['lock', 'lock.0-of-2', 'staged.0-of-2'])
        await writeFile(join(to, `.xrootd-archive.${name}`), '');
      const report = await bench.pass({ autoRemove: 'never' });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1 }, JSON.stringify(report.failures));
      // A name that isn't one of our state files is told as before.
      await writeFile(join(to, '.xrootd-archive.other'), '');
      assert.equal((await bench.pass({ autoRemove: 'never' })).failed, 1);
    });
  });

  it('needs no cache, and a missing file is a failure', async () => {
    await withTape({}, [['a', 10]], async (bench, to) => {
      const archive = new Archive({ targetUrl: bench.sandbox.url, logLevel: 'error', ...quick });
      const report = await archive.restore(['nothing', 'a'], { to });
      assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1 });
    });
  });

  it('a file that leaves the buffer before its checksum is told comes all the same', async () => {
    await withTape({}, [['a', 10]], async (bench, to) => {
      const { config } = bench.archive(quick);
      const { logger } = keepingLogger();
      const store = openStore(config);
      let queries = 0;
      const checksum: LimitedStore['checksum'] = async (name, ...query) => {
        queries += 1;
        if (queries > 1) return await store.checksum(name, ...query);
        await bench.sandbox.evict([name]);
        await assertAllOffline(bench.sandbox, [name]);
        const refused = { status: 1, code: 400, errNo: 3005, message: 'not on disk' };
        throw new XRootDError(refused, { operation: 'query checksum', source: name });
      };
      const open = () => ({ ...store, checksum });
      const report = await restore({ config, logger, events: new EventBus(logger), open }, ['a'], { to });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1 }, JSON.stringify(report.failures));
      assert.equal(queries, 2);
      assert.ok(await holdsRecord(join(to, 'a'), 'a', 10));
    });
  });
});
