import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ConfigError, XRootDError } from '../../lib/index.js';
import { assertAddsUp, counts, type Bench } from '../support/archive.js';
import { writeRecord } from '../support/records.js';
import {
  allOffline,
  entriesOf,
  many,
  offlineOf,
  quick,
  until,
  withBuffered,
  withOffline,
} from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const MiB = 2 ** 20;

const verifiedPaths = (bench: Bench) =>
  bench.events.flatMap((event) => (event.type === 'file:verified' ? [event.path] : [])).sort();

describe('drill', () => {
  it('reads a sample back from tape, and leaves nothing: not in scratch, not in the buffer', async () => {
    const records = many(80, 3000);
    await withOffline({ stageDelay: [0, 0.5] }, records, async (bench) => {
      await withTemp(async (scratch) => {
        const report = await bench.archive(quick).drill([], { files: 20, scratch, seed: 's' });
        assertAddsUp(report);
        assert.equal(report.job, 'drill');
        assert.equal(report.seed, 's');
        assert.deepEqual(counts(report), { scanned: 20, verified: 20, evicted: 20 });
        assert.deepEqual(await entriesOf(scratch), []);
        const first = verifiedPaths(bench);
        assert.equal(first.length, 20);
        assert.equal(
          report.bytesVerified,
          records.reduce((sum, [name, size]) => sum + (first.includes(name) ? size : 0), 0),
        );
        const staged = bench.sandbox.activity.filter(({ type }) => type === 'staged');
        assert.equal(staged.length, 20);
        await allOffline(bench, records);

        bench.events.length = 0;
        await bench.archive(quick).drill([], { files: 20, scratch, seed: 's' });
        assert.deepEqual(verifiedPaths(bench), first, 'the same seed draws the same');
        await allOffline(bench, records);
        bench.events.length = 0;
        const other = await bench.archive(quick).drill([], { files: 20, scratch });
        assert.notEqual(other.seed, undefined);
        assert.notDeepEqual(verifiedPaths(bench), first);
        await allOffline(bench, records);
      });
    });
  });

  it('finds a tape copy that rotted, which verify can not', async () => {
    const records = many(12, 2000);
    await withOffline({}, records, async (bench) => {
      await withTemp(async (scratch) => {
        await bench.sandbox.corrupt('d3/r3', { copy: 'tape' });
        const archive = bench.archive(quick);
        assert.deepEqual(counts(await archive.verify()), { scanned: 12, verified: 12 });
        const report = await archive.drill([], { files: 12, scratch });
        assertAddsUp(report);
        assert.deepEqual(counts(report), { scanned: 12, verified: 11, failed: 1, evicted: 12 });
        const failure = report.failures[0]!;
        assert.equal(failure.path, 'd3/r3');
        assert.equal(failure.code, 'LostCopy');
        assert.match(
          failure.message,
          /bytes that came have crc32c:.*the catalogue says crc32c:.*the server says adler32:/,
        );
        assert.deepEqual(await entriesOf(scratch), []);
        await allOffline(bench, records);
      });
    });
  });

  it('compares bytes even where sizes are enough for a backup', async () => {
    await withOffline({}, many(2), async (bench) => {
      await bench.sandbox.corrupt('d1/r1', { copy: 'tape' });
      const report = await bench.archive({ ...quick, verify: 'size' }).drill();
      assert.deepEqual(counts(report), { scanned: 2, verified: 1, failed: 1, evicted: 2 });
    });
  });

  it('draws only what is on tape alone; with evictFirst also what is in the buffer', async () => {
    const records = many(10);
    await withBuffered({}, records, async (bench) => {
      await bench.sandbox.evict(['d1/r1', 'd2/r2']);
      await writeRecord(bench.cache, 'not-on-tape', 100);
      await bench.pass({ autoRemove: 'never' });
      bench.events.length = 0;
      const plain = await bench.archive(quick).drill();
      assert.deepEqual(counts(plain), { scanned: 2, verified: 2, evicted: 2 });
      assert.deepEqual(verifiedPaths(bench), ['d1/r1', 'd2/r2']);
      await allOffline(bench, [
        ['d1/r1', 0],
        ['d2/r2', 0],
      ]);

      const first = await bench.archive(quick).drill([], { evictFirst: true });
      assert.deepEqual(counts(first), { scanned: 10, verified: 10, evicted: 10 });
      assert.equal(bench.sandbox.activity.filter(({ type }) => type === 'staged').length, 12);
      await allOffline(bench, records);
    });
  });

  it('with nothing to draw from it fails: a drill that read nothing says nothing', async () => {
    await withBuffered({}, many(3), async (bench) => {
      const report = await bench.archive(quick).drill();
      assertAddsUp(report);
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      const failure = report.failures[0]!;
      assert.equal(failure.code, 'NothingToDrill');
      assert.match(failure.message, /3 files on tape are all in the disk buffer/);
      const gone = await bench.archive(quick).drill(['gone']);
      assert.deepEqual(
        gone.failures.map(({ path }) => path),
        ['gone', '.'],
      );
    });
  });

  it('keeps to a number of bytes, to paths, and needs a tape that gives', async () => {
    const records = many(40, 1000);
    await withOffline({ failStage: (path) => path === 'd1/r1' }, records, async (bench) => {
      const report = await bench.archive(quick).drill([], { bytes: 5000 });
      assert.ok(report.bytesVerified! <= 5000 && report.scanned >= 3, JSON.stringify(report));
      await allOffline(bench, records);
      bench.events.length = 0;
      const some = await bench.archive(quick).drill(['d1'], { files: 100 });
      assertAddsUp(some);
      assert.deepEqual(counts(some), { scanned: 6, verified: 5, failed: 1, evicted: 6 });
      assert.equal(some.failures[0]?.code, 'StageFailed');
      await allOffline(bench, records);
      for (const options of [{ files: 0 }, { bytes: 1.5 }, { scratch: '/nowhere/at/all' }])
        await assert.rejects(bench.archive(quick).drill([], options), ConfigError);
    });
  });

  it('refuses a scratch directory that has too little room, before tape is asked', async function () {
    await withTemp(async (small) => {
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], { stdio: 'ignore' });
      } catch {
        this.skip();
      }
      try {
        await withOffline({}, [['big', 3 * MiB]], async (bench) => {
          const drill = bench.archive(quick).drill([], { scratch: small });
          await assert.rejects(drill, (error) => {
            assert.ok(error instanceof ConfigError);
            assert.match(error.message, /scratch: .* bytes left, 6291456 are needed/);
            return true;
          });
          assert.deepEqual(bench.sandbox.prepares, []);
          assert.deepEqual(await entriesOf(small), []);
        });
      } finally {
        execFileSync('umount', [small]);
      }
    });
  });

  it('an abort while tape works cancels it, and one while bytes come leaves nothing either', async () => {
    const records = many(6, 20 * MiB);
    for (const moment of ['stage:requested', 'file:progress'] as const) {
      const stageDelay = moment === 'stage:requested' ? 600 : 0;
      await withOffline({ stageDelay }, records, async (bench) => {
        await withTemp(async (scratch) => {
          const stop = new AbortController();
          const archive = bench.archive(quick);
          const isStaged = ({ type }: { type: string }) => type === 'staged';
          archive.on(moment, () => {
            // What tape is about to hand over at that moment would come later, and stay.
            const arrived = bench.sandbox.activity.filter(isStaged).length;
            if (moment === 'stage:requested' || arrived === records.length) stop.abort();
          });
          const report = await archive.drill([], { scratch, signal: stop.signal });
          assertAddsUp(report);
          assert.equal(report.interrupted, true);
          assert.deepEqual(await entriesOf(scratch), []);
          if (moment === 'stage:requested')
            await until(() => bench.sandbox.prepares.some(({ kind }) => kind === 'cancel'));
          await until(async () => {
            const states = await Promise.all(records.map(([name]) => bench.sandbox.stateOf(name)));
            return states.every((state) => state?.requested === false);
          });
          await allOffline(bench, records);
        });
      });
    }
  });

  it('a server that goes in the middle is an XRootDError, and scratch is gone', async () => {
    await withOffline({ stageDelay: 600 }, many(4), async (bench) => {
      await withTemp(async (scratch) => {
        const archive = bench.archive({ ...quick, requestTimeoutSeconds: 2 });
        archive.on('stage:requested', () => void bench.sandbox.kill());
        await assert.rejects(archive.drill([], { scratch }), XRootDError);
        assert.deepEqual(await entriesOf(scratch), []);
      });
    });
  });

  it('a dry run tells what it would read', async () => {
    const records = many(5);
    await withOffline({}, records, async (bench) => {
      const report = await bench.archive(quick).drill([], { dryRun: true, files: 3 });
      assert.deepEqual(counts(report), { scanned: 3, verified: 3 });
      assert.equal(report.dryRun, true);
      assert.deepEqual(bench.sandbox.prepares, []);
      assert.equal((await offlineOf(bench, records)).length, 5);
    });
  });
});
