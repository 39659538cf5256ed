import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { appendFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checksumFile, ConfigError, XRootDError, type Report } from '../../lib/index.js';
import { resolveOptions } from '../../lib/config/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { verify } from '../../lib/jobs/verify/verify.js';
import { openStore } from '../../lib/remote/open_store.js';
import type { RemoteStore } from '../../lib/remote/store.js';
import { assertAddsUp, counts, keepingLogger, type Bench } from '../support/archive.js';
import { writeRecord } from '../support/records.js';
import { many, offlineOf, quick, withBuffered, withOffline } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const failures = (report: Report) => report.failures.map(({ code, path }) => `${code} ${path}`).sort();

async function checksumLines({ cache }: Bench, names: readonly string[], type: 'adler32' | 'crc32c') {
  return Promise.all(
    names.map(async (name) => {
      const { value } = await checksumFile(join(cache, name), { type });
      return `${type}:${value}  ${name}`;
    }),
  );
}

describe('verify', () => {
  it('the cache: identical files are verified, offline ones too and without tape; others are told apart', async () => {
    const records = many(60);
    await withOffline({}, records, async (bench) => {
      const { cache, sandbox } = bench;
      await writeRecord(cache, 'new/r', 100);
      await appendFile(join(cache, 'd1/r1'), '!');
      await writeRecord(cache, 'd2/r2', 501);
      await writeFile(join(cache, 'd3/r3'), Buffer.alloc(503, 'x'));
      await symlink('r4', join(cache, 'd4/link'));
      const report = await bench.archive(quick).verify();
      assertAddsUp(report);
      assert.equal(report.job, 'verify');
      assert.deepEqual(counts(report), { scanned: 62, verified: 57, failed: 2, conflicts: 3 });
      assert.deepEqual(failures(report), [
        'Conflict d1/r1',
        'Conflict d2/r2',
        'Conflict d3/r3',
        'NotARecord d4/link',
        'NotFound new/r',
      ]);
      assert.equal(report.copied + report.removed + report.bytesCopied, 0);
      assert.equal(bench.events.filter(({ type }) => type === 'file:verified').length, 57);
      assert.deepEqual(sandbox.prepares, []);
      assert.equal((await offlineOf(bench, records)).length, 60);
    });
  });

  it('bytes that changed on the server are found where it sums them again, and not where it recorded them', async () => {
    await withBuffered({}, many(6), async (bench) => {
      const archive = bench.archive(quick);
      assert.deepEqual(counts(await archive.verify()), { scanned: 6, verified: 6 });
      await bench.sandbox.corrupt('d1/r1', { copy: 'disk' });
      const found = await archive.verify();
      assert.deepEqual(counts(found), { scanned: 6, verified: 5, conflicts: 1 });
      assert.match(found.failures[0]?.message ?? '', /has other bytes: crc32c:/);

      // On tape, the namespace's checksum is that of the day it was written: only a drill can tell.
      await bench.sandbox.evict(['d2/r2']);
      await bench.sandbox.corrupt('d2/r2', { copy: 'tape' });
      assert.deepEqual(counts(await archive.verify(['d2'])), { scanned: 1, verified: 1 });
    });
  });

  it('a tree elsewhere, some paths of it', async () => {
    await withOffline({}, many(20), async (bench) => {
      await withTemp(async (tree) => {
        for (const [name, size] of many(14)) await writeRecord(tree, name, size);
        await mkdir(join(tree, 'empty'));
        await writeFile(join(tree, '.xrootd-archive.staged'), '{}\n');
        await writeFile(join(tree, '.xrootd-archive.lock'), '');
        const archive = bench.archive(quick);
        const against = { directory: tree };
        const all = await archive.verify([], { against });
        assertAddsUp(all);
        assert.deepEqual(counts(all), { scanned: 14, verified: 14 });
        assert.deepEqual(counts(await archive.verify(['d1', 'd2/r*'], { against })), {
          scanned: 4,
          verified: 4,
        });
        const some = await archive.verify(['gone'], { against, list: ['d3/r3'] });
        assert.deepEqual(counts(some), { scanned: 2, verified: 1, failed: 1 });
        assert.deepEqual(failures(some), ['NotFound gone']);
        await assert.rejects(archive.verify([], { against: { directory: join(tree, 'no') } }), ConfigError);
      });
    });
  });

  it('a list of checksums, as a Map, as lines, as what comes later', async () => {
    const names = many(30).map(([name]) => name);
    await withOffline({}, many(30), async (bench) => {
      const archive = bench.archive(quick);
      const lines = await checksumLines(bench, names, 'crc32c');
      const whole = await archive.verify([], { against: { checksums: ['# list', '', ...lines] } });
      assertAddsUp(whole);
      assert.deepEqual(counts(whole), { scanned: 30, verified: 30 });
      assert.equal(
        whole.bytesVerified,
        many(30).reduce((sum, [, size]) => sum + size, 0),
      );

      async function* later() {
        for (const line of lines) yield await Promise.resolve(line.replace(/^crc32c:/, ''));
      }
      const plain = await archive.verify([], { against: { checksums: later(), type: 'crc32c' } });
      assert.deepEqual(counts(plain), { scanned: 30, verified: 30 });

      const checksums = new Map([
        ['d1/r1', { type: 'crc32c', value: '00000bad' }],
        ['d2/r2', { type: 'crc32c', value: '00000bad', size: 7 }],
        ['gone', { type: 'adler32', value: '1' }],
        ['d3', { type: 'adler32', value: '1' }],
        [
          'd4/r4',
          { type: 'adler32', value: (await checksumFile(join(bench.cache, 'd4/r4'))).value, size: 504 },
        ],
      ]);
      const report = await archive.verify([], { against: { checksums } });
      assertAddsUp(report);
      assert.deepEqual(counts(report), { scanned: 5, verified: 1, failed: 1, conflicts: 3 });
      assert.deepEqual(failures(report), [
        'Conflict d1/r1',
        'Conflict d2/r2',
        'Conflict d3',
        'NotFound gone',
      ]);
      assert.deepEqual(bench.sandbox.prepares, []);
    });
  });

  it('a bad line is told by its number, before anything is asked', async () => {
    await withOffline({}, many(1), async (bench) => {
      await bench.sandbox.kill();
      const checksums = ['# list', 'adler32:1  d0/r0', 'what', '12345678901  d0/r0', 'adler32:2  d0/r0'];
      await assert.rejects(bench.archive(quick).verify([], { against: { checksums } }), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(
          error.problems.map(({ line }) => line),
          [3, 4, 5],
        );
        assert.match(error.message, /^checksums:3: is not "<type>/);
        assert.match(error.message, /checksums:5: names d0\/r0 again with another checksum; line 2/);
        return true;
      });
      assert.deepEqual(bench.events, []);
    });
  });

  it('a sample: about so many, the same ones with the same seed', async () => {
    const records = many(150, 10);
    await withBuffered({}, records, async (bench) => {
      const verified = async (options: { sample: number; seed?: string }) => {
        bench.events.length = 0;
        const report = await bench.archive(quick).verify([], options);
        assertAddsUp(report);
        assert.equal(report.verified, report.scanned);
        const paths = bench.events.flatMap((event) => (event.type === 'file:verified' ? [event.path] : []));
        return { paths: paths.sort(), seed: report.seed };
      };
      const first = await verified({ sample: 20 });
      assert.ok(first.paths.length > 5 && first.paths.length < 70, `${first.paths.length} of 150 at 20 %`);
      assert.deepEqual(await verified({ sample: 20, seed: first.seed! }), first);
      assert.notDeepEqual((await verified({ sample: 20, seed: 'another' })).paths, first.paths);
      for (const sample of [0, -1, 101, NaN])
        await assert.rejects(bench.archive(quick).verify([], { sample }), ConfigError);
    });
  });

  it('a file that changes while it is compared is no conflict', async () => {
    await withBuffered({}, [['r', 100]], async (bench) => {
      const config = resolveOptions({
        ...{ cacheDirectory: bench.cache, targetUrl: bench.sandbox.url, verify: 'read' },
      });
      const store = openStore(config);
      const { logger } = keepingLogger();
      const readChecksum: RemoteStore['readChecksum'] = (...asked) => {
        appendFileSync(join(bench.cache, 'r'), '!');
        return store.readChecksum(...asked);
      };
      const open = () => ({ ...store, readChecksum });
      const report = await verify({ config, logger, events: new EventBus(logger), open });
      assertAddsUp(report);
      assert.deepEqual(counts(report), { scanned: 1, kept: 1 });
      assert.deepEqual(report.keptReasons, { 'changed while it was worked on': 1 });
    });
  });

  it('an abort is a clean end, a server that is gone an XRootDError', async () => {
    await withBuffered({}, many(600), async (bench) => {
      const archive = bench.archive({ ...quick, requestTimeoutSeconds: 2 });
      const stop = new AbortController();
      archive.on('file:verified', () => {
        stop.abort();
      });
      const report = await archive.verify([], { signal: stop.signal });
      assertAddsUp(report);
      assert.equal(report.interrupted, true);
      assert.ok(report.scanned < 600);
      await bench.sandbox.kill();
      await assert.rejects(archive.verify(), XRootDError);
      const checksums = new Map([['a', { type: 'adler32', value: '1' }]]);
      await assert.rejects(archive.verify([], { against: { checksums } }), XRootDError);
      assert.equal(bench.events.at(-1)?.type, 'pass:finished');
    });
  });

  it('an empty cache is fine', async () => {
    await withBuffered({}, many(1), async (bench) => {
      await rm(join(bench.cache, 'd0'), { recursive: true });
      assert.deepEqual(counts(await bench.archive(quick).verify()), {});
    });
  });
});
