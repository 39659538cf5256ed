/** Copies whose size is known to be small go another way in the addon; what they promise is the same. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { after, afterEach, before, describe, it } from 'mocha';
import { checksumFile } from '../../lib/posix/index.js';
import {
  CopyProcess,
  environment,
  onClientLog,
  setClientLogLevel,
  smallFile,
  type CopyJobOptions,
  type CopyResult,
  type RunOptions,
} from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';

const sizes = [0, 1, 4095, 4096, 4097, 65_537, smallFile - 1, smallFile];

async function copyAll(jobs: CopyJobOptions[], options?: RunOptions): Promise<CopyResult[]> {
  const copies = new CopyProcess();
  for (const job of jobs) copies.add({ sizeHint: 1, ...job });
  return await copies.run(options);
}

async function copy(job: CopyJobOptions, options?: RunOptions): Promise<CopyResult> {
  const [result] = await copyAll([job], options);
  assert.ok(result);
  return result;
}

describe('small copies', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  let count = 0;

  before(async () => {
    server = await PlainServer.start({ config: ['xrootd.chksum max 8 adler32 crc32c'] });
    server.mkdir('/d');
    local = new TemporaryDirectory();
  });
  after(async () => {
    local.remove();
    await server.stop();
  });
  afterEach('no file is held open, here or there', () => {
    for (const [pid, place] of [
      [server.pid, server.file('/d/')],
      [process.pid, local.path],
    ] as const) {
      assert.deepEqual(
        openFiles(pid).filter((path) => path.startsWith(place)),
        [],
      );
    }
  });

  const fresh = () => `/d/f${(count += 1)}`;
  const freshLocal = () => local.file(`f${(count += 1)}`);

  for (const size of sizes) {
    it(`${size} bytes, up and down, with start, one progress at 100 % and end`, async () => {
      const data = randomBytes(size);
      const [source, path, target] = [freshLocal(), fresh(), freshLocal()];
      writeFileSync(source, data);
      const told: unknown[] = [];
      const options: RunOptions = {
        onJobStart: () => told.push('start'),
        onProgress: (progress) => told.push([progress.bytes, progress.size]),
        onJobEnd: () => told.push('end'),
      };
      const up = await copy({ source, target: server.urlOf(path), sizeHint: size }, options);
      assert.deepEqual([up.error, up.size, up.partialLeft], [undefined, size, false]);
      assert.ok(readFileSync(server.file(path)).equals(data));
      const down = await copy({ source: server.urlOf(path), target, sizeHint: size }, options);
      assert.deepEqual([down.error, down.size, down.partialLeft], [undefined, size, false]);
      assert.ok(readFileSync(target).equals(data));
      const each = ['start', [size, size], 'end'];
      assert.deepEqual(told, [...each, ...each]);
    });
  }

  for (const [pages, requests] of [
    [1, ['kXR_pgread', 'kXR_pgwrite']],
    [0, ['kXR_read', 'kXR_write']],
  ] as const) {
    it(`with CpUsePgWrtRd ${pages} the bytes travel by ${requests.join(' and ')}`, async () => {
      const usual = environment.get('CpUsePgWrtRd') as number;
      const data = randomBytes(10_007);
      const [source, path, target] = [freshLocal(), fresh(), freshLocal()];
      writeFileSync(source, data);
      const sent = new Set<string>();
      const stop = onClientLog(({ message }) => {
        for (const [name] of message.matchAll(/kXR_(pg)?(read|write)\b/g)) sent.add(name);
      });
      setClientLogLevel('dump');
      environment.put('CpUsePgWrtRd', pages);
      try {
        assert.equal((await copy({ source, target: server.urlOf(path) })).error, undefined);
        assert.equal((await copy({ source: server.urlOf(path), target })).error, undefined);
      } finally {
        environment.put('CpUsePgWrtRd', usual);
        setClientLogLevel('none');
        stop();
      }
      assert.ok(readFileSync(target).equals(data));
      assert.deepEqual([...sent].sort(), requests);
    });
  }

  it('one that is larger than was thought is copied all the same', async () => {
    const data = randomBytes(smallFile + 1);
    const [source, path, target] = [freshLocal(), fresh(), freshLocal()];
    writeFileSync(source, data);
    const started: number[] = [];
    const options: RunOptions = { onJobStart: ({ index }) => started.push(index) };
    assert.equal((await copy({ source, target: server.urlOf(path) }, options)).error, undefined);
    assert.equal((await copy({ source: server.urlOf(path), target }, options)).error, undefined);
    assert.ok(readFileSync(server.file(path)).equals(data));
    assert.ok(readFileSync(target).equals(data));
    assert.deepEqual(started, [0, 0]);
  });

  for (const type of ['adler32', 'crc32c'] as const) {
    it(`${type} of the local end, of a download as the file can be read afterwards`, async () => {
      const [source, path, target] = [freshLocal(), fresh(), freshLocal()];
      writeFileSync(source, randomBytes(100_003));
      const { value } = await checksumFile(source, { type });
      const up = await copy({
        source,
        target: server.urlOf(path),
        checkSumMode: 'source',
        checkSumType: type,
      });
      assert.deepEqual([up.error, up.sourceChecksum], [undefined, { type, value }]);
      const down = await copy({
        ...{ source: server.urlOf(path), target },
        ...{ checkSumMode: 'target', checkSumType: type },
      });
      assert.deepEqual(
        [down.error, down.targetChecksum, down.targetAtRest],
        [undefined, { type, value }, true],
      );
      const both = { checkSumMode: 'end2end', checkSumType: type } as const;
      const again = await copy({ source, target: server.urlOf(fresh()), ...both });
      assert.deepEqual([again.error, again.targetChecksum], [undefined, { type, value }]);
    });
  }

  it('a second type of the same bytes, of a small file that is sent', async () => {
    const source = freshLocal();
    writeFileSync(source, randomBytes(100_003));
    const sums = await Promise.all(
      (['crc32c', 'adler32'] as const).map((type) => checksumFile(source, { type })),
    );
    const both = { checkSumMode: 'source', checkSumType: 'crc32c', alsoCheckSumType: 'adler32' } as const;
    const small = await copy({ source, target: server.urlOf(fresh()), ...both });
    assert.deepEqual(
      [small.sourceChecksum, small.alsoSourceChecksum].map((sum) => sum?.value),
      sums.map(({ value }) => value),
    );
    const large = await copy({ source, target: server.urlOf(fresh()), ...both, sizeHint: 2 ** 30 });
    assert.deepEqual([large.sourceChecksum?.value, large.alsoSourceChecksum], [sums[0]?.value, undefined]);
  });

  it('an md5, which only libXrdCl can compute, and whatever else is asked for, goes its way', async () => {
    const source = local.write('for md5', 'text');
    const path = fresh();
    const sum = await copy({
      source,
      target: server.urlOf(path),
      checkSumMode: 'source',
      checkSumType: 'md5',
    });
    assert.equal(sum.sourceChecksum?.value, '1cb251ec0d568de6a929b520c4aed8d1');
    const forced = await copy({
      source: local.write('other', 'other'),
      target: server.urlOf(path),
      force: true,
    });
    assert.equal(forced.error, undefined);
    assert.equal(readFileSync(server.file(path), 'utf8'), 'other');
  });

  for (const rmOnBadCksum of [false, true])
    it(`a checksum that differs from what was asked for fails the copy, rmOnBadCksum ${rmOnBadCksum}`, async () => {
      const path = fresh();
      const { error, partialLeft } = await copy({
        ...{ source: local.write('s', 'small'), target: server.urlOf(path), rmOnBadCksum },
        ...{ checkSumMode: 'end2end', checkSumType: 'adler32', checkSumPreset: '12345678' },
      });
      assert.deepEqual([error?.code, partialLeft], ['CheckSumError', !rmOnBadCksum]);
      assert.equal(existsSync(server.file(path)), !rmOnBadCksum);
    });

  it('makes missing directories, at either end', async () => {
    const path = `/d/new${(count += 1)}/er/f`;
    const source = local.write('small', 'small');
    assert.equal((await copy({ source, target: server.urlOf(path) })).error, undefined);
    const target = local.file('new/er/f');
    assert.equal((await copy({ source: server.urlOf(path), target })).error, undefined);
    assert.equal(readFileSync(target, 'utf8'), 'small');
    const not = local.file('not/made/f');
    const refused = await copy({ source: server.urlOf(path), target: not, makeDir: false });
    assert.equal(refused.error?.code, 'NotFound');
    assert.ok(!existsSync(local.file('not')));
  });

  it('leaves what exists as it is: a file, an empty one, a directory, a symbolic link', async () => {
    const path = fresh();
    server.write(path, 'before');
    server.write('/d/empty', '');
    server.mkdir('/d/directory');
    local.write('exists', 'before');
    symlinkSync(local.file('nothing'), local.file('link'));
    const source = local.write('small', 'small');
    for (const there of [path, '/d/empty', '/d/directory']) {
      const { error, partialLeft } = await copy({ source, target: server.urlOf(there) });
      assert.ok(error);
      assert.equal(partialLeft, false);
    }
    for (const here of ['exists', 'link']) {
      const { error, partialLeft } = await copy({ source: server.urlOf(path), target: local.file(here) });
      assert.deepEqual([error?.code, partialLeft], ['ItExists', false]);
    }
    assert.equal(readFileSync(server.file(path), 'utf8'), 'before');
    assert.equal(statSync(server.file('/d/empty')).size, 0);
    assert.equal(readFileSync(local.file('exists'), 'utf8'), 'before');
    assert.ok(!existsSync(local.file('nothing')));
  });

  it('of what isn’t there, is no file is an error of its own, and nothing is made', async () => {
    const bad = [local.file('missing'), local.path, '/dev/null/x'];
    const paths = [...bad, local.write('good', 'good')].map((source) => ({ source, path: fresh() }));
    const results = await copyAll(
      paths.map(({ source, path }) => ({ source, target: server.urlOf(path) })),
      { parallel: 3 },
    );
    results.forEach(({ error, partialLeft, source }, i) => {
      assert.equal(error === undefined, i === bad.length, source);
      assert.equal(partialLeft, false);
      if (error !== undefined) assert.equal(error.source, source);
    });
    assert.equal(results[0]?.error?.code, 'NotFound');
    paths.forEach(({ path }, i) => {
      assert.equal(existsSync(server.file(path)), i === bad.length);
    });
    const target = freshLocal();
    const down = await copy({ source: server.urlOf('/missing'), target });
    assert.equal(down.error?.code, 'NotFound');
    const nowhere = await copy({ source: 'root://127.0.0.1:1//f', target });
    assert.equal(nowhere.error?.code, 'ConnectionError');
    assert.ok(!existsSync(target));
  });

  it('onto a full local disk fails, and no short file stays', function () {
    if (process.getuid?.() !== 0) this.skip();
    const disk = local.file('disk');
    execFileSync('mkdir', [disk]);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    const path = fresh();
    server.write(path, randomBytes(200_000));
    return copy({ source: server.urlOf(path), target: `${disk}/f` })
      .then(({ error, partialLeft }) => {
        assert.deepEqual([error?.code, partialLeft], ['ENOSPC', false]);
        assert.ok(!existsSync(`${disk}/f`));
      })
      .finally(() => {
        execFileSync('umount', [disk]);
      });
  });

  it('thousands, 64 at once, with every name that a file system has', async () => {
    const data = randomBytes(777);
    const source = freshLocal();
    writeFileSync(source, data);
    const names = Array.from({ length: 2000 }, (_, i) => `/d/many/ü ${i} %41#[*]&"'\\`);
    const up = await copyAll(
      names.map((name) => ({ source, target: server.urlOf(name) })),
      { parallel: 64 },
    );
    assert.ok(up.every(({ error }) => error === undefined));
    const down = await copyAll(
      names.map((name, i) => ({ source: server.urlOf(name), target: local.file(`many/${i}`) })),
      { parallel: 64 },
    );
    assert.ok(down.every(({ error }) => error === undefined));
    assert.equal(readdirSync(server.file('/d/many')).length, names.length);
    for (let i = 0; i < names.length; i += 1) assert.ok(readFileSync(local.file(`many/${i}`)).equals(data));
  });

  for (const direction of ['up', 'down'] as const) {
    it(`an abort ends those that run and those that wait: ${direction}; no part of one stays`, async () => {
      const data = randomBytes(300_000);
      const source = freshLocal();
      writeFileSync(source, data);
      server.write('/d/source', data);
      const paths = Array.from({ length: 400 }, (_, i) => `stopped ${direction} ${count} ${i}`);
      const stop = new AbortController();
      let ended = 0;
      const results = await copyAll(
        paths.map((name) =>
          direction === 'up'
            ? { source, target: server.urlOf(`/d/${name}`) }
            : { source: server.urlOf('/d/source'), target: local.file(name) },
        ),
        {
          ...{ parallel: 32, signal: stop.signal },
          onJobEnd: () => {
            if ((ended += 1) === 100) stop.abort();
          },
        },
      );
      assert.equal(ended, 400);
      const stopped = results.filter(({ error }) => error !== undefined);
      assert.ok(stopped.length >= 250, `${stopped.length} stopped`);
      for (const { error, partialLeft } of stopped) {
        assert.deepEqual([error?.code, partialLeft], ['OperationInterrupted', false]);
      }
      results.forEach(({ error }, i) => {
        const name = paths[i] ?? '';
        const file = direction === 'up' ? server.file(`/d/${name}`) : local.file(name);
        assert.equal(existsSync(file), error === undefined);
        if (error === undefined) assert.equal(statSync(file).size, data.length);
      });
    });
  }
});

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
}
