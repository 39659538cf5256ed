/** The faults that the model's steps use do what they say; and what one job does under each. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveOptions } from '../../lib/index.js';
import { counts, recordsIn, withArchive, withSharedArchive, type Bench } from '../support/archive.js';
import { FailingDisk, unchangeable, type DiskFault } from '../support/failing_disk.js';
import {
  descriptors,
  has,
  JobProcess,
  PERMISSIONS_COUNT,
  type ChildJob,
  type JobEnd,
  type JobProcessOptions,
} from '../support/job_process.js';
import { killAndLose } from '../support/lost_disk.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const optionsOf = (bench: Bench, more: Partial<ArchiveOptions> = {}): ArchiveOptions => ({
  ...{ cacheDirectory: bench.cache, targetUrl: bench.sandbox.url, settleSeconds: 0, retryDelaySeconds: 0 },
  ...{ catalogueSegments: false, requestTimeoutSeconds: 5, autoRemove: 'cached', ...more },
});

async function run(job: ChildJob, options: JobProcessOptions = {}): Promise<JobEnd> {
  const child = new JobProcess(options);
  child.go(job);
  return await child.ended();
}

const names = Array.from({ length: 6 }, (_, index) => `d${index % 2}/r${index}`);
async function write(cache: string): Promise<void> {
  for (const name of names) await writeRecord(cache, name, 20_000);
}

/** Each is whole in the cache or, where it was removed, on the server. */
async function nothingLost({ cache, sandbox }: Bench): Promise<void> {
  const local = await recordsIn(cache);
  for (const name of names) {
    const path = local.includes(name) ? join(cache, name) : sandbox.diskPath(name);
    assert.ok(await holdsRecord(path, name, 20_000), path);
  }
}

describe('a failing disk', () => {
  const written: Record<DiskFault, string | undefined> = {
    full: 'ENOSPC',
    'nearly full': undefined,
    'no inodes': 'ENOSPC',
    'read-only': 'EROFS',
  };
  for (const [fault, code] of Object.entries(written) as [DiskFault, string | undefined][])
    it(`is ${fault}, and good again`, async function () {
      await withTemp((directory) => {
        using disk = FailingDisk.under(directory);
        if (disk === undefined) return this.skip();
        disk.fail(fault);
        const write = (bytes: number) => {
          writeFileSync(join(directory, 'x'), Buffer.alloc(bytes));
        };
        if (code === undefined) {
          write(1);
          assert.throws(() => write(100_000), { code: 'ENOSPC' });
        } else assert.throws(() => write(1), { code });
        disk.mend();
        write(100_000);
        assert.deepEqual(readdirSync(directory), ['x']);
        assert.ok(disk.freeBytes > 1_000_000);
        return Promise.resolve();
      });
    });

  it('what nobody may change stays as it is', async function () {
    await withTemp((directory) => {
      mkdirSync(join(directory, 'd'));
      const back = unchangeable(join(directory, 'd'));
      if (back === undefined) return this.skip();
      try {
        assert.throws(
          () => {
            writeFileSync(join(directory, 'd', 'x'), '');
          },
          { code: 'EPERM' },
        );
      } finally {
        back();
      }
      writeFileSync(join(directory, 'd', 'x'), '');
      return Promise.resolve();
    });
  });
});

describe('a server that comes back without its disk', () => {
  it('has what is on tape, offline, and nothing else; or nothing at all', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await writeRecord(bench.cache, 'on-tape', 1000);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      await writeRecord(bench.cache, 'buffered', 1000);
      await bench.pass({ autoRemove: 'never' });
      await killAndLose(bench.sandbox, 'buffer');
      await bench.sandbox.restart();
      assert.equal(await bench.sandbox.stateOf('buffered'), undefined);
      const { onTape, offline, size } = (await bench.sandbox.stateOf('on-tape'))!;
      assert.deepEqual([onTape, offline, size], [true, true, 1000]);
      // The pass sees the one as what is on tape, and copies the other again.
      const again = await bench.pass({ autoRemove: 'backed_up' });
      const expected = { scanned: 2, copied: 1, removed: 1 };
      assert.deepEqual(counts(again), expected, JSON.stringify(again.failures));
      await killAndLose(bench.sandbox, 'all');
      await bench.sandbox.restart();
      for (const name of ['on-tape', 'buffered']) assert.equal(await bench.sandbox.stateOf(name), undefined);
      const report = await bench.archive().verify([], { against: { catalogue: true } });
      const lost = report.failures.map(({ path, code }) => `${path} ${code}`).sort();
      assert.deepEqual(lost, ['buffered NotFound', 'on-tape LostCopy']);
    });
  });
});

describe('a job in a process of its own', () => {
  it('ends with its report, under 256 descriptors and 256 MB', async function () {
    if (!has('prlimit')) this.skip();
    await withSharedArchive(async (bench) => {
      await write(bench.cache);
      const { result, code } = await run(
        { job: 'backup', options: optionsOf(bench) },
        { wrap: descriptors(256), flags: ['--max-old-space-size=64'] },
      );
      assert.equal(code, 0);
      assert.equal(result?.report?.removedAfterCopy, names.length);
      assert.ok(result.maxRss! < 256 * 2 ** 20, `${result.maxRss} bytes`);
      await nothingLost(bench);
    });
  });

  const kills = scaled('events at which a pass is killed', 4, 20);
  it('killed at each of its first events, loses nothing', async () => {
    await withSharedArchive(async (bench) => {
      for (let event = 1; event <= kills; event += 1) {
        await write(bench.cache);
        const job = { job: 'backup', options: optionsOf(bench), killAfterEvents: event } as const;
        const { signal, events } = await run(job);
        assert.ok(signal === 'SIGKILL' || events.length < event);
        await nothingLost(bench);
        // What is put back, or was uploaded until a moment ago, is left to a later pass.
        await until(async () => {
          const report = await bench.pass({ autoRemove: 'cached', unfinishedAfterSeconds: 0 });
          assert.deepEqual(report.failures, []);
          return (await recordsIn(bench.cache)).length === 0;
        });
        await nothingLost(bench);
      }
    });
  });

  for (const milliseconds of [3_600_000, 365.25 * 86_400_000])
    it(`whose clock jumps ${milliseconds / 3_600_000} hours ahead in its midst loses nothing`, async () => {
      await withSharedArchive(async (bench) => {
        for (const afterEvents of [0, 4]) {
          await write(bench.cache);
          const clock = { milliseconds, afterEvents };
          const { result } = await run({ job: 'backup', options: optionsOf(bench), clock });
          assert.ok(result?.report);
          assert.deepEqual(result.report.failures, []);
          if (afterEvents === 0)
            assert.ok(Date.parse(result.report.startedAt) > Date.now() + milliseconds / 2);
          await nothingLost(bench);
        }
      });
    });

  it('may not change the cache: says so, and loses nothing', async () => {
    await withSharedArchive(async (bench) => {
      await write(bench.cache);
      const options = optionsOf(bench, {
        cataloguePath: join(bench.cache, 'd1', '.xrootd-archive.catalogue'),
      });
      const closed = join(bench.cache, 'd0');
      chmodSync(closed, 0o555);
      const { result } = await run({ job: 'backup', options }, { wrap: PERMISSIONS_COUNT });
      chmodSync(closed, 0o755);
      const failed = result?.report?.failures.map(({ path }) => path);
      assert.deepEqual(
        failed?.sort(),
        names.filter((name) => name.startsWith('d0/')),
      );
      await nothingLost(bench);
      for (const name of failed) assert.ok(readFileSync(join(bench.cache, name)));
    });
  });
});
