import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, CopyProcess, XRootDError } from '../../lib/index.js';
import { assertAddsUp, counts, withArchive, type Bench } from '../support/archive.js';
import { writeRecord } from '../support/records.js';
import { allOffline, many, offlineOf, quick, until, withBuffered, withOffline } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const failures = (report: { failures: { path: string; code: string }[] }) =>
  report.failures.map(({ code, path }) => `${code} ${path}`).sort();

const eventsOf = (bench: Bench, type: string) => bench.events.filter((event) => event.type === type);

describe('stage', () => {
  it('waits until each is online or has failed, and leaves alone what is online', async () => {
    const records = many(120);
    const options = { stageDelay: [0, 1] as const, failStage: (path: string) => path === 'd1/r1' };
    await withOffline(options, records, async (bench) => {
      await bench.sandbox.stage(['d2/r2']);
      await until(async () => (await offlineOf(bench, records)).length === records.length - 1);
      const report = await bench.archive(quick).stage(['.'], { wait: true });
      assertAddsUp(report);
      assert.equal(report.job, 'stage');
      assert.deepEqual(counts(report), { scanned: 120, staged: 118, kept: 1, failed: 1 });
      assert.deepEqual(failures(report), ['StageFailed d1/r1']);
      assert.deepEqual(report.keptReasons, { 'online already': 1 });
      assert.deepEqual(await offlineOf(bench, records), ['d1/r1']);
      assert.equal(eventsOf(bench, 'stage:online').length, 118);
      assert.ok(bench.sandbox.prepares.every(({ paths }) => paths.length <= 48));
    });
  });

  it('goes on when no more than a few may be in flight', async () => {
    const records = many(25);
    await withOffline({}, records, async (bench) => {
      const report = await bench.archive({ ...quick, stageMaxFiles: 4 }).stage(['.'], { wait: true });
      assert.deepEqual(counts(report), { scanned: 25, staged: 25 });
      assert.ok(
        bench.sandbox.prepares.filter(({ kind }) => kind === 'stage').every(({ paths }) => paths.length <= 4),
      );
      assert.deepEqual(await offlineOf(bench, records), []);
    });
  });

  it('without wait sends the requests, and only those', async () => {
    const records = many(100);
    await withOffline({ stageDelay: 1 }, records, async (bench) => {
      const report = await bench.archive(quick).stage(['d0', 'd1', 'd2/r2']);
      assertAddsUp(report);
      const wanted = records.filter(([name]) => /^d[01]\//.test(name) || name === 'd2/r2');
      assert.deepEqual(counts(report), { scanned: wanted.length, requested: wanted.length });
      assert.equal(
        report.bytesStaged,
        wanted.reduce((sum, [, size]) => sum + size, 0),
      );
      const asked = eventsOf(bench, 'stage:requested').flatMap((event) =>
        event.type === 'stage:requested' ? event.paths : [],
      );
      assert.deepEqual(asked.sort(), wanted.map(([name]) => name).sort());
      await until(async () => (await offlineOf(bench, records)).length === records.length - wanted.length);
    });
  });

  it('a dry run asks for nothing', async () => {
    const records = many(3);
    await withOffline({}, records, async (bench) => {
      for (const wait of [false, true]) {
        const report = await bench.archive(quick).stage(['.'], { wait, dryRun: true });
        assert.deepEqual(counts(report), wait ? { scanned: 3, staged: 3 } : { scanned: 3, requested: 3 });
      }
      assert.equal(bench.sandbox.prepares.length, 0);
    });
  });

  it('what is not there fails; nothing asked for is a mistake', async () => {
    await withOffline({}, many(3), async (bench) => {
      const archive = bench.archive(quick);
      const report = await archive.stage(['gone', 'no*', 'd1/r1'], { wait: true });
      assertAddsUp(report);
      assert.deepEqual(counts(report), { scanned: 3, staged: 1, failed: 2 });
      assert.deepEqual(report.failures.map(({ path }) => path).sort(), ['gone', 'no*']);
      await assert.rejects(archive.stage([]), ConfigError);
      await assert.rejects(archive.stage(['../up']), ConfigError);
    });
  });

  it('an abort cancels what is waited for', async () => {
    const records = many(10);
    await withOffline({ stageDelay: 600 }, records, async (bench) => {
      const stop = new AbortController();
      const archive = bench.archive(quick);
      archive.on('stage:requested', () => {
        stop.abort();
      });
      const report = await archive.stage(['.'], { wait: true, signal: stop.signal });
      assertAddsUp(report);
      assert.equal(report.interrupted, true);
      await until(() => bench.sandbox.prepares.some(({ kind }) => kind === 'cancel'));
      await until(async () => {
        const states = await Promise.all(records.map(([name]) => bench.sandbox.stateOf(name)));
        return states.every((state) => state?.requested === false);
      });
    });
  });

  it('a server that is gone is an XRootDError, in the middle too', async () => {
    await withOffline({ stageDelay: 600 }, many(10), async (bench) => {
      const archive = bench.archive({ ...quick, requestTimeoutSeconds: 2 });
      archive.on('stage:requested', () => void bench.sandbox.kill());
      await assert.rejects(archive.stage(['.'], { wait: true }), XRootDError);
      const finished = eventsOf(bench, 'pass:finished')[0];
      assert.ok(finished?.type === 'pass:finished' && finished.report.error !== undefined);
      await assert.rejects(archive.stage(['.']), XRootDError);
    });
  });
});

describe('evict', () => {
  it('gives up what is on tape, and refuses what is not', async () => {
    const records = many(130);
    await withBuffered({}, records, async (bench) => {
      await bench.sandbox.evict(['d1/r1']);
      await writeRecord(bench.cache, 'd0/new', 100);
      await bench.pass({ autoRemove: 'never' });
      bench.events.length = 0;
      const report = await bench.archive(quick).evict(['.']);
      assertAddsUp(report);
      assert.equal(report.job, 'evict');
      assert.deepEqual(counts(report), { scanned: 131, evicted: 129, kept: 1, failed: 1 });
      assert.deepEqual(failures(report), ['NotOnTape d0/new']);
      assert.deepEqual(report.keptReasons, { 'offline already': 1 });
      assert.equal(eventsOf(bench, 'file:evicted').length, 129);
      assert.equal((await offlineOf(bench, records)).length, 130);
      assert.equal((await bench.sandbox.stateOf('d0/new'))?.offline, false);
      const asked = bench.sandbox.prepares.flatMap(({ paths }) => paths);
      assert.ok(!asked.some((path) => path.endsWith('/new')), 'never asked for what is not on tape');
    });
  });

  it('says of a file that stays, because somebody reads it, that it did', async () => {
    const records = [
      ['read', 20 * 2 ** 20],
      ['r', 100],
    ] as const;
    await withBuffered({}, records, async (bench) => {
      await withTemp(async (directory) => {
        const stop = new AbortController();
        const reading = new CopyProcess();
        const source = `${bench.sandbox.url}/read`;
        reading.add({ source, target: join(directory, 'read'), chunkSize: 2 ** 16, xrate: 2 ** 18 });
        let ended: unknown;
        const end = reading.run({ signal: stop.signal }).then((results) => (ended = results));
        // Its bytes come: the server has it open, and will for more than a minute.
        await until(
          async () => ((await stat(join(directory, 'read')).catch(() => undefined))?.size ?? 0) > 0,
        );
        const report = await bench.archive(quick).evict(['.'], { confirmSeconds: 5 });
        assert.equal(ended, undefined, 'it is still read');
        assertAddsUp(report);
        assert.deepEqual(counts(report), { scanned: 2, evicted: 1, kept: 1 });
        assert.match(Object.keys(report.keptReasons)[0] ?? '', /still in the disk buffer/);
        assert.deepEqual(await offlineOf(bench, records), ['r']);
        stop.abort();
        await end;
      });
    });
  });

  it('a dry run gives nothing up', async () => {
    const records = many(3);
    await withBuffered({}, records, async (bench) => {
      const report = await bench.archive(quick).evict(['.'], { dryRun: true });
      assert.deepEqual(counts(report), { scanned: 3, evicted: 3 });
      assert.deepEqual(await offlineOf(bench, records), []);
      assert.equal(bench.sandbox.prepares.length, 0);
    });
  });

  it('a plain server, which has no tape, loses nothing', async () => {
    await withArchive({ tapeFlags: false }, async (bench) => {
      await writeRecord(bench.cache, 'r', 100);
      await bench.pass({ autoRemove: 'never' });
      const report = await bench.archive(quick).evict(['.']);
      assert.deepEqual(failures(report), ['NotOnTape r']);
    });
  });

  it('nothing asked for is a mistake, and an abort a clean end', async () => {
    const records = many(5);
    await withBuffered({}, records, async (bench) => {
      const archive = bench.archive(quick);
      await assert.rejects(archive.evict([]), ConfigError);
      const report = await archive.evict(['.'], { signal: AbortSignal.abort() });
      assert.equal(report.interrupted, true);
      assert.equal(report.scanned, 0);
      assert.deepEqual(await offlineOf(bench, records), []);
      assert.deepEqual(counts(await archive.evict([], { list: ['d1/r1', 'd2/r2'] })), {
        scanned: 2,
        evicted: 2,
      });
      assert.deepEqual(await offlineOf(bench, records), ['d1/r1', 'd2/r2']);
      await archive.evict(['.']);
      await allOffline(bench, records);
    });
  });

  it('a server that is gone is an XRootDError', async () => {
    await withBuffered({}, many(2), async (bench) => {
      await bench.sandbox.kill();
      await assert.rejects(bench.archive(quick).evict(['.']), XRootDError);
    });
  });
});
