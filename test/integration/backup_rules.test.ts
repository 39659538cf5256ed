import assert from 'node:assert/strict';
import { chmod, mkdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArchiveOptions, DiskUsage, Report } from '../../lib/index.js';
import { backup } from '../../lib/jobs/backup/backup.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { openStore } from '../../lib/remote/open_store.js';
import {
  counts,
  keepingLogger,
  recordsIn,
  withArchive,
  withSharedArchive,
  type Bench,
} from '../support/archive.js';
import { passUnder } from '../support/passes.js';
import { writeRecord } from '../support/records.js';

const DAY = 86_400_000;

/** A disk that holds the cache's records and nothing else. */
function diskOf({ cache }: Bench, total: number): () => Promise<DiskUsage> {
  return async () => {
    let used = 0;
    for (const name of await recordsIn(cache)) used += (await stat(join(cache, name))).size;
    return { total, used, available: total - used, usedPercent: (used / total) * 100 };
  };
}

const SIZE = 1000;
const marks = { highWaterPercent: 80, lowWaterPercent: 60 };

/** Twenty records, whose names say nothing of their order; returned oldest first. */
async function twentyRecords({ cache }: Bench): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; i < 20; i += 1) {
    const name = `d${i % 3}/shot-${(i * 7) % 20}`;
    await writeRecord(cache, name, SIZE);
    // A little ahead, since the other time, ctime, is now for all of them.
    const time = new Date(Date.now() + (i + 1) * 60_000);
    await utimes(join(cache, name), time, time);
    names.push(name);
  }
  return names;
}

async function onTape(bench: Bench): Promise<string[]> {
  const names = await twentyRecords(bench);
  await bench.pass({ autoRemove: 'never' });
  await bench.sandbox.migrateAll();
  return names;
}

async function plant(bench: Bench, path: string, bytes: Buffer): Promise<void> {
  const onDisk = bench.sandbox.diskPath(path);
  await mkdir(dirname(onDisk), { recursive: true });
  await writeFile(onDisk, bytes);
  await chmod(onDisk, 0o666);
  // Nobody writes it any more.
  const old = Date.now() / 1000 - 3600;
  await utimes(onDisk, old, old);
}

describe('keep_local', () => {
  it('keeps a verified copy until it is so old', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', SIZE);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      const { report } = await passUnder(bench, { keepLocal: '7d' }, { ahead: 6.9 * DAY });
      assert.deepEqual(report.keptReasons, { 'younger than keep_local': 1 });
      const later = await passUnder(bench, { keepLocal: '7d' }, { ahead: 7.1 * DAY });
      assert.deepEqual(counts(later.report), { scanned: 1, removed: 1 });
    });
  });
});

describe('watermarks', () => {
  it('from the high mark on the oldest go, until the low mark is reached; below it none', async () => {
    await withSharedArchive(async (bench) => {
      const names = await onTape(bench);
      const usage = diskOf(bench, 25 * SIZE);
      const dry = await passUnder(bench, marks, { usage, dryRun: true });
      const { report } = await passUnder(bench, marks, { usage });
      for (const one of [dry.report, report]) {
        assert.deepEqual(counts(one), { scanned: 20, removed: 5, kept: 15 });
        assert.deepEqual(one.keptReasons, { 'may go, but older ones go first': 15 });
        assert.equal(one.bytesRemoved, 5 * SIZE);
      }
      assert.deepEqual(await recordsIn(bench.cache), names.slice(5).sort());
      const below = await passUnder(bench, marks, { usage });
      assert.deepEqual(below.report.keptReasons, { 'the cache is below high_water_percent': 15 });
      // Without marks all of them.
      assert.deepEqual(counts(await bench.pass()), { scanned: 15, removed: 15 });
    });
  });

  it('what was copied in the same pass goes by the same order', async () => {
    await withSharedArchive(async (bench) => {
      const names = await twentyRecords(bench);
      const usage = diskOf(bench, 25 * SIZE);
      const { report } = await passUnder(bench, { ...marks, autoRemove: 'cached' }, { usage });
      assert.deepEqual(counts(report), { scanned: 20, copied: 20, removedAfterCopy: 5 });
      assert.equal(report.bytesCopied, 20 * SIZE);
      assert.deepEqual(await recordsIn(bench.cache), names.slice(5).sort());
    });
  });

  it('looks at each anew before it goes: what changed here or there stays, and the next ones go', async () => {
    await withSharedArchive(async (bench) => {
      const names = await onTape(bench);
      const [rewritten, lost, corrupted] = names as [string, string, string];
      // As they were when an earlier pass compared them: only their bytes differ.
      await bench.sandbox.corrupt(corrupted);
      const disk = diskOf(bench, 25 * SIZE);
      let looks = 0;
      const usage = async () => {
        looks += 1;
        // The second look comes when the walk has seen all of them.
        if (looks === 2) {
          await writeRecord(bench.cache, rewritten, SIZE);
          await rm(bench.sandbox.diskPath(lost));
        }
        return await disk();
      };
      const { report } = await passUnder(bench, marks, { usage });
      assert.equal(looks, 2);
      assert.deepEqual(counts(report), { scanned: 20, copied: 1, conflicts: 1, removed: 5, kept: 13 });
      assert.equal(report.failures[0]?.path, corrupted);
      assert.equal(report.keptReasons['changed while it was worked on'], 1);
      assert.deepEqual(await recordsIn(bench.cache), [...names.slice(0, 3), ...names.slice(8)].sort());
    });
  });

  for (const [copied, expected] of [
    ['in an earlier pass', { scanned: 20, copied: 1, removedAfterCopy: 1, removed: 4, kept: 15 }],
    ['in this pass', { scanned: 20, copied: 20, removedAfterCopy: 5 }],
  ] as const)
    it(`what was copied ${copied}, and is copied again before it goes, counts as gone`, async () => {
      await withSharedArchive(async (bench) => {
        const names = await twentyRecords(bench);
        if (copied === 'in an earlier pass') await bench.pass({ autoRemove: 'never' });
        const disk = diskOf(bench, 25 * SIZE);
        let looks = 0;
        const usage = async () => {
          looks += 1;
          if (looks === 2) await rm(bench.sandbox.diskPath(names[1] ?? ''));
          return await disk();
        };
        const { report } = await passUnder(bench, { ...marks, autoRemove: 'cached' }, { usage });
        assert.deepEqual(counts(report), expected);
        assert.equal(report.bytesRemoved, 5 * SIZE);
        assert.deepEqual(await recordsIn(bench.cache), names.slice(5).sort());
        assert.equal(report.notOnTape?.files, 15);
      });
    });

  it('stopped before the first has gone: all stay, and what was copied is counted', async () => {
    await withSharedArchive(async (bench) => {
      await twentyRecords(bench);
      const stop = new AbortController();
      const disk = diskOf(bench, 25 * SIZE);
      let looks = 0;
      const usage = async () => {
        looks += 1;
        if (looks === 2) stop.abort();
        return await disk();
      };
      const circumstances = { usage, signal: stop.signal };
      const { report } = await passUnder(bench, { ...marks, autoRemove: 'cached' }, circumstances);
      assert.ok(report.interrupted);
      assert.deepEqual(counts(report), { scanned: 20, copied: 20 });
      assert.equal((await recordsIn(bench.cache)).length, 20);
    });
  });

  it('says so when no more may go and the low mark is not reached', async () => {
    await withSharedArchive(async (bench) => {
      await twentyRecords(bench);
      await bench.pass();
      const { report, lines } = await passUnder(bench, marks, { usage: diskOf(bench, 25 * SIZE) });
      assert.deepEqual(report.keptReasons, { 'not on tape yet': 20 });
      const warning = lines.find(({ message }) => message.includes('stays above low_water_percent'));
      assert.deepEqual([warning?.level, warning?.fields['bytes']], ['warn', 5 * SIZE]);
    });
  });

  it('shards do their parts of it', async () => {
    await withSharedArchive(async (bench) => {
      await onTape(bench);
      const disk = await diskOf(bench, 25 * SIZE)();
      const usage = () => Promise.resolve(disk);
      let removed = 0;
      for (const index of [0, 1]) {
        const { report } = await passUnder(bench, marks, { usage, shard: { index, count: 2 } });
        removed += report.removed;
      }
      // Half of five each, and no half files.
      assert.equal(removed, 6);
    });
  });
});

describe('include and exclude', () => {
  it('what is outside is left alone, here and there, and counted; all else is archived', async () => {
    await withSharedArchive(async (bench) => {
      for (const name of ['a/1.h5', 'a/1.tmp', 'b/2.h5', 'scratch/3.h5', 'notes.txt'])
        await writeRecord(bench.cache, name, SIZE);
      await symlink('/nowhere', join(bench.cache, 'scratch/link'));
      const options = { include: ['**/*.h5', '**/*.tmp'], exclude: ['scratch', '**/*.tmp'] };
      const report = await bench.pass(options);
      assert.deepEqual(counts(report), { scanned: 6, copied: 2, kept: 4 });
      assert.deepEqual(report.keptReasons, { 'named by exclude': 3, 'not named by include': 1 });
      for (const name of ['a/1.tmp', 'scratch', 'notes.txt'])
        await assert.rejects(stat(bench.sandbox.diskPath(name)), { code: 'ENOENT' });
      const verified = await bench.archive(options).verify();
      assert.deepEqual([verified.verified, verified.failed], [2, 0]);
      // On tape they stay as well.
      assert.equal((await bench.pass({ exclude: ['scratch/link'] })).copied, 3);
      await bench.sandbox.migrateAll();
      assert.deepEqual(counts(await bench.pass(options)), { scanned: 6, removed: 2, kept: 4 });
      assert.deepEqual(await recordsIn(bench.cache), [
        'a/1.tmp',
        'notes.txt',
        'scratch/3.h5',
        'scratch/link',
      ]);
    });
  });
});

describe('max_age_warning', () => {
  it('tells how many records are not on tape, since when, and warns of those that are too old', async () => {
    await withSharedArchive(async (bench) => {
      const names = await twentyRecords(bench);
      await bench.pass({ autoRemove: 'never', include: names.slice(0, 5) });
      await bench.sandbox.migrateAll();
      await bench.pass({ autoRemove: 'never' });
      for (const autoRemove of ['never', 'backed_up'] as const) {
        const options = { autoRemove, maxAgeWarning: '2d', keepLocal: '1y' };
        const young = await passUnder(bench, options, { ahead: 1.9 * DAY });
        const { mtimeNs } = await stat(join(bench.cache, names[5] ?? ''), { bigint: true });
        const since = new Date(Number(mtimeNs / 1_000_000n)).toISOString();
        const told = { files: 15, bytes: 15 * SIZE, oldest: { path: names[5], since } };
        assert.deepEqual(young.report.notOnTape, { ...told, overdue: 0 });
        assert.ok(!young.lines.some(({ message }) => message.includes('older than')));
        const old = await passUnder(bench, options, { ahead: 2.1 * DAY });
        assert.deepEqual(old.report.notOnTape, { ...told, overdue: 15 });
        const warning = old.lines.find(({ message }) => message.includes('older than 2d'));
        assert.deepEqual(warning?.fields, { records: 15, oldest: names[5], since });
      }
      // Nobody asked: a pass that removes nothing looks at listings only, which know nothing of tape.
      assert.equal((await bench.pass({ autoRemove: 'never' })).notOnTape, undefined);
    });
  });

  it('counts files that can’t be records, and captures that can’t be put back', async () => {
    await withSharedArchive(async (bench) => {
      for (const name of ['what?.h5', 'd/line\nbreak', '.xrootd-archive.removing.r', 'r'])
        await writeRecord(bench.cache, name, SIZE);
      await writeFile(Buffer.from(`${bench.cache}/\xff.h5`, 'latin1'), 'x'.repeat(SIZE));
      await symlink('/nowhere', join(bench.cache, 'link'));
      const { report } = await passUnder(bench, { maxAgeWarning: '2d' }, { ahead: 10 * DAY });
      assert.deepEqual([report.scanned, report.failed], [6, 5], JSON.stringify(report.failures));
      assert.deepEqual([report.notOnTape?.files, report.notOnTape?.overdue], [5, 5]);
      assert.equal(report.notOnTape?.bytes, 5 * SIZE);
      const excluding = { maxAgeWarning: '2d', exclude: ['what?.h5', 'd'] };
      const less = await passUnder(bench, excluding, { ahead: 10 * DAY });
      assert.equal(less.report.notOnTape?.files, 3);
    });
  });

  it('counts what it met and could not look at before it was stopped, or lost its server', async () => {
    for (const end of ['stopped', 'lost'] as const)
      await withArchive({ migrationDelay: 'never' }, async (bench) => {
        const names = await twentyRecords(bench);
        await bench.pass({ autoRemove: 'never', include: names.slice(0, 5) });
        await bench.sandbox.migrateAll();
        const stop = new AbortController();
        const { config } = bench.archive({ maxAgeWarning: '2d', retryAttempts: 1, requestTimeoutSeconds: 1 });
        const { logger, lines } = keepingLogger();
        const events = new EventBus(logger);
        let report: Report | undefined;
        events.on('pass:finished', (event) => (report = event.report));
        const real = openStore(config);
        const statMany: typeof real.statMany = async (paths, signal) => {
          if (end === 'stopped') stop.abort();
          else await bench.sandbox.stop();
          return await real.statMany(paths, signal);
        };
        const dependencies = { config, logger, events, open: () => ({ ...real, statMany }) };
        const running = backup(
          { ...dependencies, now: () => Date.now() + 10 * DAY },
          { signal: stop.signal },
        );
        if (end === 'stopped') assert.ok((await running).interrupted);
        else await assert.rejects(running, { name: 'XRootDError' });
        assert.deepEqual(
          [report?.scanned, report?.notOnTape?.files, report?.notOnTape?.overdue],
          [0, 20, 20],
        );
        assert.ok(!lines.some(({ message }) => message.includes('older than 2d')), 'it did not look');
      });
  });

  it('counts what fails or conflicts, too', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'conflict', SIZE);
      await plant(bench, 'conflict', Buffer.alloc(2 * SIZE));
      await writeRecord(bench.cache, 'blocked/r', SIZE);
      await plant(bench, 'blocked', Buffer.alloc(1));
      const { report } = await passUnder(bench, { maxAgeWarning: '1d' }, { ahead: 2 * DAY });
      assert.deepEqual(counts(report), { scanned: 2, conflicts: 1, failed: 1 });
      assert.deepEqual([report.notOnTape?.files, report.notOnTape?.overdue], [2, 2]);
    });
  });
});

describe('no combination of options lets a file go that S1 would keep', () => {
  const removals = ['never', 'cached', 'backed_up'] as const;
  const rooms = [undefined, 'enough', 'full'] as const;
  const names = ['absent', 'cached', 'differs', 'longer', 'partial', 'taped'];

  it('of each remote state one record, under all of them', async () => {
    await withSharedArchive(async (bench) => {
      const { cache, sandbox } = bench;
      const same = Buffer.alloc(SIZE, 'x');
      const prepare = async () => {
        for (const name of names) await writeFile(join(cache, name), same);
        await rm(sandbox.diskPath('absent'), { force: true });
        await rm(sandbox.diskPath('partial'), { force: true });
        await plant(bench, 'partial', same.subarray(1));
      };
      await plant(bench, 'taped', same);
      await plant(bench, 'differs', Buffer.alloc(SIZE, 'y'));
      await plant(bench, 'longer', Buffer.alloc(SIZE + 1, 'x'));
      await sandbox.migrateAll();
      await plant(bench, 'cached', same);
      const disk = diskOf(bench, names.length * SIZE);
      for (const autoRemove of removals)
        for (const verify of ['checksum', 'size'] as const)
          for (const room of rooms)
            for (const keepLocal of [undefined, '1d'])
              for (const exclude of [undefined, 'taped']) {
                await prepare();
                const options: Partial<ArchiveOptions> = {
                  ...{ autoRemove, verify },
                  ...(room && { highWaterPercent: room === 'full' ? 100 : 99, lowWaterPercent: 0 }),
                  ...(keepLocal && { keepLocal }),
                  ...(exclude && { exclude }),
                };
                const emptier = async () => ({ ...(await disk()), available: SIZE });
                await passUnder(bench, options, { usage: room === 'enough' ? emptier : disk });
                const safe = {
                  never: [],
                  // Sizes are all that was asked for.
                  backed_up: verify === 'size' ? ['differs', 'taped'] : ['taped'],
                  cached: ['absent', 'cached', 'partial', 'taped', ...(verify === 'size' ? ['differs'] : [])],
                }[autoRemove] as string[];
                const gone = names.filter(
                  (name) =>
                    safe.includes(name) && room !== 'enough' && keepLocal === undefined && name !== exclude,
                );
                assert.deepEqual(
                  await recordsIn(cache),
                  names.filter((name) => !gone.includes(name)),
                  JSON.stringify({ ...options, room }),
                );
              }
    });
  });
});
