import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, describe, it } from 'mocha';
import { checksumFile } from '../../lib/posix/index.js';
import {
  copyFile,
  CopyProcess,
  pathOf,
  type CopyJobOptions,
  type CopyProgress,
  type CopyResult,
  type RunOptions,
} from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { unhandledRejections } from '../support/rejections.js';
import { TemporaryDirectory } from '../support/temporary.js';

const MiB = 2 ** 20;

async function copyAll(jobs: CopyJobOptions[], options?: RunOptions): Promise<CopyResult[]> {
  const copies = new CopyProcess();
  jobs.forEach((job, i) => {
    assert.equal(copies.add(job), i);
  });
  return await copies.run(options);
}

async function copy(job: CopyJobOptions, options?: RunOptions): Promise<CopyResult> {
  const [result] = await copyAll([job], options);
  assert.ok(result);
  return result;
}

describe('copies', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  let data: Buffer;
  let source: string;
  let count = 0;

  before(async () => {
    server = await PlainServer.start({ config: ['xrootd.chksum max 8 adler32 crc32c'] });
    server.mkdir('/d');
    local = new TemporaryDirectory();
    data = randomBytes(9 * MiB + 13);
    source = local.write('source', data);
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  const fresh = () => `/d/f${(count += 1)}`;
  /** What the server holds open below its export. */
  const heldOpen = () =>
    readdirSync(`/proc/${server.pid}/fd`)
      .map((fd) => {
        try {
          return readlinkSync(`/proc/${server.pid}/fd/${fd}`);
        } catch {
          return '';
        }
      })
      .filter((path) => path.startsWith(server.file('/d/')));

  describe('between all kinds of ends', () => {
    it('up', async () => {
      const path = fresh();
      const { made, ...result } = await copy({ source, target: server.urlOf(path) });
      assert.ok(made?.complete);
      assert.deepEqual(result, {
        index: 0,
        source,
        target: server.urlOf(path),
        error: undefined,
        size: data.length,
        sources: [source],
        targetAtRest: false,
        partialLeft: false,
      });
      assert.ok(readFileSync(server.file(path)).equals(data));
    });

    it('down', async () => {
      const path = fresh();
      server.write(path, data);
      const target = local.file('down');
      assert.equal((await copy({ source: server.urlOf(path), target })).error, undefined);
      assert.ok(readFileSync(target).equals(data));
    });

    it('from server to server, and on this machine', async () => {
      const [one, other] = [fresh(), fresh()];
      server.write(one, data);
      assert.equal((await copy({ source: server.urlOf(one), target: server.urlOf(other) })).error, undefined);
      assert.ok(readFileSync(server.file(other)).equals(data));
      assert.equal((await copy({ source, target: local.file('here') })).error, undefined);
      assert.ok(readFileSync(local.file('here')).equals(data));
    });

    it('of a file without bytes', async () => {
      const path = fresh();
      const progress: CopyProgress[] = [];
      const result = await copy(
        { source: local.write('empty', ''), target: server.urlOf(path) },
        { onProgress: (each) => progress.push(each) },
      );
      assert.equal(result.error, undefined);
      assert.equal(result.size, 0);
      assert.equal(statSync(server.file(path)).size, 0);
      assert.deepEqual(
        progress.map(({ bytes, size }) => [bytes, size]),
        [[0, 0]],
      );
    });

    it('into missing directories', async () => {
      const path = '/d/new/er/f';
      assert.equal((await copy({ source, target: server.urlOf(path) })).error, undefined);
      assert.equal(statSync(server.file(path)).size, data.length);
    });

    it('into a directory', async () => {
      server.mkdir('/d/into');
      const result = await copy({ source, target: server.urlOf('/d/into'), targetIsDir: true });
      assert.equal(result.error, undefined);
      assert.ok(readFileSync(server.file('/d/into/source')).equals(data));
    });

    it('with every name that a file system has', async () => {
      const names = [
        'a b',
        'a%20b',
        'a#b',
        'a&b=c',
        'ä日本',
        'x.meta4',
        'x.metalink',
        '\'"$`\\',
        '-n',
        'a:b',
        'a@b',
      ];
      for (const name of names) {
        const from = local.write(name, `content of ${name}`);
        const up = server.urlOf(`/d/${name}`);
        assert.equal((await copy({ source: from, target: up })).error, undefined, name);
        assert.equal(readFileSync(server.file(`/d/${name}`), 'utf8'), `content of ${name}`);
        assert.equal((await copy({ source: up, target: local.file(`${name} back`) })).error, undefined, name);
        assert.equal(readFileSync(local.file(`${name} back`), 'utf8'), `content of ${name}`);
      }
    });

    it('of a part of a file of 5 GiB: sizes are whole numbers beyond 4 GiB', async () => {
      const path = fresh();
      server.write(path, '');
      truncateSync(server.file(path), 5 * 2 ** 30 + 1);
      const stop = new AbortController();
      const sizes = new Set<number>();
      await copy(
        { source: server.urlOf(path), target: local.file('huge'), xrate: 4 * MiB },
        {
          signal: stop.signal,
          onProgress: ({ size }) => {
            sizes.add(size);
            stop.abort();
          },
        },
      );
      assert.deepEqual([...sizes], [5 * 2 ** 30 + 1]);
      assert.ok(!existsSync(local.file('huge')));
    });
  });

  describe('onto what exists', () => {
    it('fails and leaves it as it is, remote and local', async () => {
      const path = fresh();
      server.write(path, 'before');
      const up = await copy({ source, target: server.urlOf(path) });
      assert.deepEqual([up.error?.code, up.partialLeft], ['ItExists', false]);
      assert.equal(readFileSync(server.file(path), 'utf8'), 'before');

      const target = local.write('exists', 'before');
      const down = await copy({ source, target });
      assert.deepEqual([down.error?.code, down.partialLeft], ['ItExists', false]);
      assert.equal(readFileSync(target, 'utf8'), 'before');
    });

    it('an empty one too', async () => {
      const path = fresh();
      server.write(path, '');
      assert.equal((await copy({ source, target: server.urlOf(path) })).error?.code, 'ItExists');
      assert.equal(statSync(server.file(path)).size, 0);
    });

    it('posc too', async () => {
      const path = fresh();
      server.write(path, 'before');
      assert.equal((await copy({ source, target: server.urlOf(path), posc: true })).error?.code, 'ItExists');
      assert.equal(readFileSync(server.file(path), 'utf8'), 'before');
    });

    it('replaces it with force', async () => {
      const path = fresh();
      server.write(path, randomBytes(20 * MiB));
      assert.equal((await copy({ source, target: server.urlOf(path), force: true })).error, undefined);
      assert.ok(readFileSync(server.file(path)).equals(data));
    });

    it('goes on with continue', async () => {
      const path = fresh();
      server.write(path, data.subarray(0, 5 * MiB));
      assert.equal((await copy({ source, target: server.urlOf(path), continue: true })).error, undefined);
      assert.ok(readFileSync(server.file(path)).equals(data));
    });

    it('a directory stands there', async () => {
      server.mkdir('/d/directory');
      for (const force of [false, true]) {
        const result = await copy({ source, target: server.urlOf('/d/directory'), force });
        assert.notEqual(result.error, undefined);
      }
      assert.ok(statSync(server.file('/d/directory')).isDirectory());
    });

    it('another is writing it: FileLocked, and his file stays', async () => {
      const path = fresh();
      const stop = new AbortController();
      const first = copy({ source, target: server.urlOf(path), xrate: 2 * MiB }, { signal: stop.signal });
      while (!existsSync(server.file(path))) await sleep(5);
      const second = await copy({ source, target: server.urlOf(path), force: true });
      assert.equal(second.error?.code, 'FileLocked');
      assert.ok(existsSync(server.file(path)));
      stop.abort();
      await first;
    });
  });

  describe('failures', () => {
    it('are each job’s own', async () => {
      const good = [fresh(), fresh()];
      const results = await copyAll(
        [
          { source, target: server.urlOf(good[0] ?? '') },
          { source: local.file('missing'), target: server.urlOf(fresh()) },
          { source, target: 'root://no-such-host.invalid//f' },
          { source, target: 'root://127.0.0.1:1//f' },
          { source: server.urlOf('/missing'), target: local.file('never') },
          { source, target: server.urlOf(good[1] ?? '') },
        ],
        { parallel: 3 },
      );
      assert.deepEqual(
        results.map(({ error }) => error?.code),
        [undefined, 'NotFound', 'InvalidAddr', 'ConnectionError', 'NotFound', undefined],
      );
      assert.deepEqual(
        results.map(({ index }) => index),
        [0, 1, 2, 3, 4, 5],
      );
      assert.ok(results.every(({ partialLeft }) => !partialLeft));
      for (const path of good) assert.ok(readFileSync(server.file(path)).equals(data));
      assert.ok(!existsSync(local.file('never')));
    });

    it('a directory, a name below a device: nothing is left at the target', async () => {
      for (const from of [local.path, '/dev/null/x']) {
        const path = fresh();
        const target = server.urlOf(path);
        const result = await copy({ source: from, target });
        assert.notEqual(result.error, undefined, from);
        assert.equal(result.error?.source, from);
        assert.equal(result.error.target, target);
        assert.equal(result.partialLeft, false);
        assert.ok(!existsSync(server.file(path)), from);
      }
    });

    it('of a full local disk are failures, not short files', function () {
      if (process.getuid?.() !== 0) this.skip();
      const small = local.file('small');
      execFileSync('mkdir', [small]);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], { stdio: 'ignore' });
      } catch {
        this.skip();
      }
      const path = fresh();
      server.write(path, data);
      return copy({ source: server.urlOf(path), target: `${small}/f` })
        .then((result) => {
          assert.notEqual(result.error, undefined);
          assert.equal(result.partialLeft, false);
          assert.ok(!existsSync(`${small}/f`));
        })
        .finally(() => {
          execFileSync('umount', [small]);
        });
    });

    it('of cpTimeout', async () => {
      const path = fresh();
      const result = await copy({ source, target: server.urlOf(path), xrate: MiB, cpTimeout: 1 });
      assert.equal(result.error?.code, 'OperationExpired');
      assert.ok(!existsSync(server.file(path)));
      assert.equal(result.partialLeft, false);
    });

    it('a copy that may overwrite says that it left a part', async () => {
      const path = fresh();
      const stop = new AbortController();
      const result = await copy(
        { source, target: server.urlOf(path), xrate: 2 * MiB, force: true },
        {
          signal: stop.signal,
          onProgress: () => {
            stop.abort();
          },
        },
      );
      assert.equal(result.error?.code, 'OperationInterrupted');
      assert.equal(result.partialLeft, true);
      assert.ok(existsSync(server.file(path)));
    });
  });

  describe('checksums', () => {
    for (const type of ['adler32', 'crc32c'] as const) {
      for (const mode of ['source', 'target', 'end2end'] as const) {
        it(`${mode} ${type}, up, down and from server to server`, async () => {
          const { value } = await checksumFile(source, { type });
          const [one, other] = [fresh(), fresh()];
          const sums = { checkSumMode: mode, checkSumType: type };
          const results = await copyAll([
            { source, target: server.urlOf(one), ...sums },
            { source: server.urlOf(one), target: local.file(`sum ${mode} ${type}`), ...sums },
            { source: server.urlOf(one), target: server.urlOf(other), ...sums },
            { source, target: local.file(`sum here ${mode} ${type}`), ...sums },
          ]);
          for (const { error, sourceChecksum, targetChecksum } of results) {
            assert.equal(error, undefined);
            assert.deepEqual(sourceChecksum, mode === 'target' ? undefined : { type, value });
            assert.deepEqual(targetChecksum, mode === 'source' ? undefined : { type, value });
          }
        });
      }
    }

    it('keep leading zeros', async () => {
      const result = await copy({
        source: local.write('zeros', 'a'),
        target: server.urlOf(fresh()),
        checkSumMode: 'end2end',
        checkSumType: 'adler32',
      });
      assert.equal(result.sourceChecksum?.value, '00620062');
      assert.equal(result.targetChecksum?.value, '00620062');
    });

    it('that differ from what was asked for fail, and the copy is left, and told of', async () => {
      const { value } = await checksumFile(source);
      const path = fresh();
      const job = {
        source,
        target: server.urlOf(path),
        checkSumMode: 'target',
        checkSumType: 'adler32',
      } as const;
      const wrong = await copy({ ...job, checkSumPreset: '1234' });
      assert.equal(wrong.error?.code, 'CheckSumError');
      assert.match(wrong.error.message, new RegExp(`00001234.*${value}`));
      assert.ok(wrong.partialLeft && existsSync(server.file(path)));
      const removed = { ...job, target: server.urlOf(fresh()), rmOnBadCksum: true, checkSumPreset: '1234' };
      const { error, partialLeft } = await copy(removed);
      assert.deepEqual([error?.code, partialLeft], ['CheckSumError', false]);
      assert.ok(!existsSync(server.file(pathOf(removed.target))));
      const right = await copy({
        ...job,
        target: server.urlOf(fresh()),
        checkSumPreset: value.toUpperCase(),
      });
      assert.equal(right.error, undefined);
    });

    it('that the server cannot tell fail the copy', async () => {
      const result = await copy({
        source,
        target: server.urlOf(fresh()),
        checkSumMode: 'end2end',
        checkSumType: 'md5',
      });
      assert.equal(result.error?.code, 'ServerError');
    });
  });

  describe('progress', () => {
    it('comes at most as often as asked, grows, and ends at 100 %', async () => {
      for (const progressPerSecond of [2, 20]) {
        const at: number[] = [];
        const bytes: number[] = [];
        await copy(
          { source, target: server.urlOf(fresh()), xrate: 6 * MiB, chunkSize: 64 * 1024 },
          {
            progressPerSecond,
            onProgress: (progress) => {
              at.push(performance.now());
              bytes.push(progress.bytes);
              assert.equal(progress.size, data.length);
            },
          },
        );
        const seconds = ((at.at(-1) ?? 0) - (at[0] ?? 0)) / 1000;
        assert.ok(at.length >= 3, `${at.length} events`);
        assert.ok(at.length <= seconds * progressPerSecond + 2, `${at.length} events in ${seconds} s`);
        assert.deepEqual(
          bytes,
          bytes.toSorted((a, b) => a - b),
        );
        assert.equal(bytes.at(-1), data.length);
      }
    });

    it('is told of each of several jobs, with start and end around it', async () => {
      const told: string[][] = [[], [], []];
      const results = await copyAll(
        [0, 1, 2].map((i) => ({
          source: i === 1 ? local.file('missing') : source,
          target: server.urlOf(fresh()),
        })),
        {
          parallel: 3,
          onJobStart: ({ index }) => told[index]?.push('start'),
          onProgress: ({ index, bytes, size }) => told[index]?.push(bytes === size ? 'all' : 'some'),
          onJobEnd: ({ index, error }) => told[index]?.push(error ? 'failed' : 'end'),
        },
      );
      assert.equal(results.length, 3);
      for (const events of [told[0] ?? [], told[2] ?? []]) {
        assert.equal(events[0], 'start');
        assert.deepEqual(events.slice(-2), ['all', 'end']);
      }
      assert.deepEqual(told[1], ['start', 'failed']);
    });
  });

  describe('many jobs', () => {
    it('200 small ones, 8 at once', async () => {
      const small = local.write('small file', 'small');
      let [running, most] = [0, 0];
      const results = await copyAll(
        Array.from({ length: 200 }, () => ({ source: small, target: server.urlOf(fresh()) })),
        {
          parallel: 8,
          onJobStart: () => (most = Math.max(most, (running += 1))),
          onJobEnd: () => (running -= 1),
        },
      );
      assert.ok(results.every(({ error }) => error === undefined));
      assert.ok(most <= 8 && most >= 2, `${most} at once`);
    });

    it('70,000 are run to their own results when they are stopped after 300', async () => {
      const small = local.write('tiny', '');
      const copies = new CopyProcess();
      for (let i = 0; i < 70_000; i += 1) copies.add({ source: small, target: server.urlOf(`/d/many/${i}`) });
      assert.equal(copies.size, 70_000);
      const stop = new AbortController();
      let ended = 0;
      const results = await copies.run({
        parallel: 4,
        signal: stop.signal,
        onJobEnd: () => {
          ended += 1;
          if (ended === 300) stop.abort();
        },
      });
      assert.equal(results.length, 70_000);
      assert.equal(ended, 70_000);
      results.forEach(({ index, target }, i) => {
        assert.equal(index, i);
        assert.equal(target, server.urlOf(`/d/many/${i}`));
      });
      const good = results.filter(({ error }) => error === undefined);
      assert.ok(good.length >= 300 && good.length <= 310, `${good.length} done`);
      assert.ok(results.every(({ error }) => error === undefined || error.code === 'OperationInterrupted'));
      assert.deepEqual(readdirSync(server.file('/d/many')).length, good.length);
    });

    it('3,000 that fail at once are 3,000 results', async () => {
      const copies = new CopyProcess();
      const missing = local.file('missing');
      for (let i = 0; i < 3000; i += 1) copies.add({ source: missing, target: local.file(`never ${i}`) });
      const results = await copies.run({ parallel: 16 });
      assert.equal(results.length, 3000);
      assert.ok(results.every(({ error, index }, i) => error?.code === 'NotFound' && index === i));
    });
  });

  describe('signals', () => {
    afterEach(() => {
      assert.deepEqual(heldOpen(), [], 'the server holds files open');
    });

    it('end running and queued jobs while data flow, and nothing partial stays', async () => {
      const paths = Array.from({ length: 12 }, fresh);
      const stop = new AbortController();
      let aborted = 0;
      let flowing = 0;
      const results = await copyAll(
        paths.map((path) => ({ source, target: server.urlOf(path), xrate: MiB })),
        {
          parallel: 4,
          signal: stop.signal,
          onProgress: ({ bytes }) => {
            if (bytes > MiB / 2) flowing += 1;
            if (flowing !== 4 || stop.signal.aborted) return;
            aborted = performance.now();
            stop.abort();
          },
        },
      );
      const took = performance.now() - aborted;
      // To their end they would take 8 s more.
      assert.ok(took < 4000, `${took} ms`);
      assert.deepEqual(new Set(results.map(({ error }) => error?.code)), new Set(['OperationInterrupted']));
      assert.ok(results.every(({ partialLeft }) => !partialLeft));
      for (const path of paths) assert.ok(!existsSync(server.file(path)));
      assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
    });

    it('end downloads likewise', async () => {
      const path = fresh();
      server.write(path, data);
      const stop = new AbortController();
      let aborted = 0;
      const result = await copy(
        { source: server.urlOf(path), target: local.file('stopped'), xrate: MiB },
        {
          signal: stop.signal,
          onProgress: () => {
            aborted = performance.now();
            stop.abort();
          },
        },
      );
      assert.ok(performance.now() - aborted < 4000);
      assert.equal(result.error?.code, 'OperationInterrupted');
      assert.ok(!existsSync(local.file('stopped')));
      assert.ok(lstatSync(server.file(path)).size === data.length);
    });

    it('aborted before: nothing starts', async () => {
      const path = fresh();
      const result = await copy({ source, target: server.urlOf(path) }, { signal: AbortSignal.abort() });
      assert.equal(result.error?.code, 'OperationInterrupted');
      assert.ok(!existsSync(server.file(path)));
    });

    it('aborted after: nothing changes', async () => {
      const path = fresh();
      const stop = new AbortController();
      assert.equal(
        (await copy({ source, target: server.urlOf(path) }, { signal: stop.signal })).error,
        undefined,
      );
      stop.abort();
      assert.ok(existsSync(server.file(path)));
    });

    it('complete copies before the abort stay', async () => {
      const [done, stopped] = [fresh(), fresh()];
      const stop = new AbortController();
      const results = await copyAll(
        [
          { source, target: server.urlOf(done) },
          { source, target: server.urlOf(stopped), xrate: MiB },
        ],
        {
          signal: stop.signal,
          onProgress: ({ index }) => {
            if (index === 1) stop.abort();
          },
        },
      );
      assert.equal(results[0]?.error, undefined);
      assert.ok(readFileSync(server.file(done)).equals(data));
      assert.ok(!existsSync(server.file(stopped)));
    });
  });

  describe('a listener that throws', () => {
    for (const name of ['onJobStart', 'onProgress', 'onJobEnd'] as const) {
      it(`${name}: run rejects with it, after all copies have ended`, async () => {
        const paths = [fresh(), fresh(), fresh()];
        const boom = new Error(name);
        const copies = new CopyProcess();
        for (const path of paths) copies.add({ source, target: server.urlOf(path), xrate: 40 * MiB });
        let calls = 0;
        const run = copies.run({
          parallel: 2,
          [name]: () => {
            calls += 1;
            throw boom;
          },
        });
        await assert.rejects(run, boom);
        assert.equal(calls, 1);
        assert.deepEqual(heldOpen(), []);
        assert.ok(!existsSync(server.file(paths[2] ?? '')));
      });

      it(`${name}: run rejects also with what it rejects with`, async () => {
        const boom = new Error(name);
        const copies = new CopyProcess();
        copies.add({ source, target: server.urlOf(fresh()) });
        copies.add({ source, target: server.urlOf(fresh()) });
        let calls = 0;
        const listener = async () => {
          calls += 1;
          await new Promise((resolve) => setImmediate(resolve));
          throw boom;
        };
        const unheard = await unhandledRejections(async () => {
          await assert.rejects(copies.run({ [name]: listener }), boom);
          assert.ok(calls > 0);
          if (name !== 'onProgress') return;
          const alone = { source, target: server.urlOf(fresh()) };
          await assert.rejects(copyFile(alone, { onProgress: listener }), boom);
        });
        assert.deepEqual(unheard, []);
        assert.deepEqual(heldOpen(), []);
      });
    }
  });
});
