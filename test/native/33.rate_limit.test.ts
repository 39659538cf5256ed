/** Copies that share a rate limit. Times have lower bounds only: a busy machine is slow for reasons of its own. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { checksumFile, publishFile } from '../../lib/posix/index.js';
import {
  CopyProcess,
  FileSystem,
  RateLimit,
  type CopyJobOptions,
  type CopyResult,
  type RunOptions,
} from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const MB = 1e6;
const slowest = 65_536;
/** Seconds' worth of bytes that a limit gives away at once. */
const credit = 0.1;

interface Files {
  count: number;
  size: number;
}

describe('a rate limit', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  let count = 0;

  before(async () => {
    server = await PlainServer.start();
    server.mkdir('/d');
    local = new TemporaryDirectory();
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  /** A remote and a local name of nothing yet. */
  const fresh = () => {
    count += 1;
    return { path: `/d/f${count}`, url: server.urlOf(`/d/f${count}`), file: local.file(`f${count}`) };
  };
  const upload = (size: number): CopyJobOptions => {
    const { url, file } = fresh();
    writeFileSync(file, '');
    truncateSync(file, size);
    return { source: file, target: url, sizeHint: size };
  };
  const download = (size: number): CopyJobOptions => {
    const { path, url, file } = fresh();
    server.write(path, '');
    truncateSync(server.file(path), size);
    return { source: url, target: file, sizeHint: size };
  };

  async function copyAll(jobs: CopyJobOptions[], options: RunOptions): Promise<CopyResult[]> {
    const copies = new CopyProcess();
    for (const job of jobs) copies.add(job);
    return await copies.run({ parallel: 64, progressPerSecond: 1000, ...options });
  }

  /** Copies, and looks that at no time more bytes had passed than might. */
  async function limited(jobs: CopyJobOptions[], rate: number, bytes: number): Promise<void> {
    const started = performance.now();
    const passed = new Map<number, number>();
    const results = await copyAll(jobs, {
      rateLimit: new RateLimit(rate),
      onProgress: ({ index, bytes: so }) => {
        passed.set(index, so);
        const all = [...passed.values()].reduce((sum, each) => sum + each, 0);
        const most = rate * ((performance.now() - started) / 1000 + credit);
        assert.ok(all <= most, `${all} bytes passed, of ${most}`);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    assert.deepEqual(
      results.filter(({ error }) => error !== undefined),
      [],
    );
    assert.equal(
      results.reduce((sum, { size }) => sum + size, 0),
      bytes,
    );
    assert.ok(seconds >= bytes / rate - credit, `${seconds} s for ${bytes} bytes at ${rate} a second`);
  }

  const shapes: Record<string, Files> = {
    'a large file': { count: 1, size: scaled('MB in a large file', 5, 20) * MB },
    'large files, many at once': { count: scaled('large files', 3, 8), size: 2.5 * MB },
    'small files, many at once': { count: scaled('small files', 500, 2000), size: 10_000 },
    'files of a MiB': { count: scaled('files of a MiB', 5, 16), size: 2 ** 20 },
  };
  for (const [what, { count: many, size }] of Object.entries(shapes)) {
    for (const [direction, job] of [
      ['up', upload],
      ['down', download],
    ] as const) {
      it(`holds for ${what}, ${direction}`, async () => {
        const jobs = Array.from({ length: many }, () => job(size));
        await limited(jobs, 10 * MB, many * size);
      });
    }
  }

  it('holds for large and small files, up and down, all together', async () => {
    const jobs = [upload, download].flatMap((job) => [
      ...Array.from({ length: 3 }, () => job(2 * MB)),
      ...Array.from({ length: 200 }, () => job(10_000)),
    ]);
    await limited(jobs, 8 * MB, 16 * MB);
  });

  it('holds for files whose size is not known, or not right', async () => {
    const { sizeHint: _, ...unknown } = download(3 * MB);
    await limited([unknown, { ...upload(3 * MB), sizeHint: 10 }], 4 * MB, 6 * MB);
  });

  it('counts twice what goes from server to server by way of here', async () => {
    const { source } = download(2 * MB);
    const started = performance.now();
    const [result] = await copyAll([{ source, target: fresh().url }], { rateLimit: new RateLimit(2 * MB) });
    assert.equal(result?.error, undefined);
    assert.ok(performance.now() - started >= 1000 * (2 - credit));
  });

  it('takes nothing for what passes no server, or for nothing', async () => {
    const rateLimit = new RateLimit(slowest);
    const { source } = upload(50 * MB);
    const [here, empty] = await copyAll([{ source, target: fresh().file }, upload(0)], { rateLimit });
    assert.deepEqual([here?.error, here?.size], [undefined, 50 * MB]);
    assert.deepEqual([empty?.error, empty?.size], [undefined, 0]);
  });

  it('tells progress no more often than asked for', async () => {
    let calls = 0;
    const started = performance.now();
    await copyAll([upload(2 * MB)], {
      rateLimit: new RateLimit(MB),
      progressPerSecond: 1,
      onProgress: () => (calls += 1),
    });
    const seconds = (performance.now() - started) / 1000;
    assert.ok(calls <= seconds + 2, `${calls} calls in ${seconds} s`);
  });

  describe('while copies wait for it', () => {
    it('all else goes on', async () => {
      const stop = new AbortController();
      const large = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? upload : download)(2 ** 30));
      const small = Array.from({ length: 100 }, () => upload(2 ** 20));
      const flowing = new Set<number>();
      let ended = 0;
      let run: Promise<CopyResult[]> | undefined;
      await new Promise<void>((resolve) => {
        run = copyAll([...large, ...small], {
          parallel: 128,
          rateLimit: new RateLimit(slowest),
          signal: stop.signal,
          onProgress: ({ index }) => {
            // More than libXrdCl has threads for answers.
            if (flowing.add(index).size === 6) resolve();
          },
          onJobEnd: () => (ended += 1),
        });
      });
      const files = new FileSystem(server.url);
      await Promise.all(Array.from({ length: 500 }, () => files.stat('/d')));
      await checksumFile(process.execPath, { length: 1 << 20 });
      const { file } = fresh();
      writeFileSync(file, '');
      await publishFile(file, `${file}.named`, { fsync: true });
      const [copied] = await copyAll([download(3 * MB)], {});
      assert.equal(copied?.error, undefined);
      assert.equal(ended, 0);
      stop.abort();
      for (const { error } of (await run) ?? []) assert.equal(error?.code, 'OperationInterrupted');
      assert.equal(ended, large.length + small.length);
    });

    for (const [direction, job] of [
      ['up', upload],
      ['down', download],
    ] as const) {
      it(`an abort ends them at once, ${direction}, and leaves nothing of them`, async () => {
        const stop = new AbortController();
        const jobs = [...Array.from({ length: 4 }, () => job(2 ** 30)), ...[1, 2, 3].map(() => job(2 ** 20))];
        const flowing = new Set<number>();
        let aborted = Infinity;
        const results = await copyAll(jobs, {
          rateLimit: new RateLimit(slowest),
          signal: stop.signal,
          onProgress: ({ index }) => {
            if (flowing.add(index).size < 2 || aborted < Infinity) return;
            aborted = performance.now();
            stop.abort();
          },
        });
        // At this rate those in the line would wait for a minute.
        assert.ok(performance.now() - aborted < 10_000);
        assert.deepEqual(
          results.map(({ error, partialLeft }) => [error?.code, partialLeft]),
          jobs.map(() => ['OperationInterrupted', false]),
        );
        const left = readdirSync(server.file('/d')).map((name) => `/d/${name}`);
        for (const { target } of jobs)
          assert.ok(!existsSync(target) && !left.some((path) => target.endsWith(path)), target);
      });
    }
  });
});
