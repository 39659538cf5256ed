import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { after, before, describe, it } from 'mocha';
import { publishFile, versionOfFile } from '../../lib/posix/index.js';
import { TemporaryDirectory } from '../support/temporary.js';

describe('publishFile', () => {
  let local: TemporaryDirectory;
  before(() => {
    local = new TemporaryDirectory();
  });
  after(() => {
    local.remove();
  });

  it('gives a file its name, its time, and waits for the disk', async () => {
    const mtime = new Date('2021-03-04T05:06:07.089Z');
    await publishFile(local.write('t1', 'one'), local.file('n1'), { mtime, fsync: true });
    assert.equal(readFileSync(local.file('n1'), 'utf8'), 'one');
    assert.equal(statSync(local.file('n1')).mtimeMs, mtime.getTime());
    assert.ok(!existsSync(local.file('t1')));
  });

  it('takes times before 1970', async () => {
    const mtime = new Date(-1500);
    await publishFile(local.write('t2', 'two'), local.file('n2'), { mtime });
    assert.equal(statSync(local.file('n2')).mtimeMs, -1500);
  });

  it('sets permission bits, never setuid or setgid, and times to the microsecond', async () => {
    for (const [name, mode, microseconds] of [
      ['m1', 0o640, 1_764_000_000_000_123],
      ['m2', 0o6400, 1_764_000_000_999_999],
      ['m3', 0o4755, -1_500_001],
      ['m4', 0o200, 1],
    ] as const) {
      await publishFile(local.write('t', 'x'), local.file(name), { mtime: microseconds, mode, fsync: true });
      const { mode: has, mtimeNs } = statSync(local.file(name), { bigint: true });
      assert.equal(mtimeNs, BigInt(microseconds) * 1000n, name);
      assert.equal(has & 0o7777n, BigInt(mode & 0o777), name);
    }
    await publishFile(local.write('t', 'x'), local.file('m5'), { mode: 0o600 });
    assert.equal(statSync(local.file('m5')).mode & 0o7777, 0o600);
    await assert.rejects(publishFile(local.write('t', 'x'), local.file('m6'), { mtime: NaN }), RangeError);
  });

  it('replaces nothing: not a file, not a link that leads nowhere, not a directory', async () => {
    const from = local.write('t3', 'new');
    local.write('file', 'old');
    symlinkSync(local.file('nowhere'), local.file('link'));
    mkdirSync(local.file('directory'));
    for (const name of ['file', 'link', 'directory']) {
      const to = local.file(name);
      await assert.rejects(publishFile(from, to), (error: NodeJS.ErrnoException & { dest?: string }) => {
        assert.deepEqual([error.code, error.syscall, error.path, error.dest], ['EEXIST', 'rename', from, to]);
        return error instanceof Error;
      });
    }
    assert.equal(readFileSync(local.file('file'), 'utf8'), 'old');
    assert.ok(lstatSync(local.file('link')).isSymbolicLink());
    assert.equal(readFileSync(from, 'utf8'), 'new');
  });

  it('replaces a file when asked', async () => {
    local.write('there', 'old');
    await publishFile(local.write('t4', 'new'), local.file('there'), { overwrite: true });
    assert.equal(readFileSync(local.file('there'), 'utf8'), 'new');
  });

  it('replaces the file of one version, and no other', async () => {
    const to = local.write('versioned', 'old');
    const version = versionOfFile(lstatSync(to, { bigint: true }));
    const from = local.write('t5', 'new');
    local.write('versioned', 'changed');
    await assert.rejects(publishFile(from, to, { overwrite: version }), {
      code: 'EEXIST',
      syscall: 'rename',
    });
    assert.deepEqual([readFileSync(to, 'utf8'), readFileSync(from, 'utf8')], ['changed', 'new']);

    const changed = versionOfFile(lstatSync(to, { bigint: true }));
    await publishFile(from, to, { overwrite: changed, fsync: true });
    assert.equal(readFileSync(to, 'utf8'), 'new');
    assert.ok(!existsSync(from));

    // What was to be replaced is gone: nothing is.
    await publishFile(local.write('t6', 'next'), local.file('empty place'), { overwrite: changed });
    assert.equal(readFileSync(local.file('empty place'), 'utf8'), 'next');
  });

  it('gives the name to the file that was made, and to no other', async () => {
    const made = (path: string) => {
      const { dev, ino } = lstatSync(path, { bigint: true });
      return `${dev}:${ino}`;
    };
    const from = local.write('t7', 'ours');
    const other = local.write('t8', 'theirs');
    const mtime = new Date('2020-03-01T12:00:00Z');
    for (const options of [{}, { mtime, fsync: true }, { overwrite: true }]) {
      const publishing = publishFile(from, local.file('made'), { ...options, made: made(other) });
      await assert.rejects(publishing, { code: 'EBUSY', syscall: 'publish' });
    }
    assert.notEqual(lstatSync(from).mtimeMs, mtime.getTime());
    assert.ok(!existsSync(local.file('made')));
    await publishFile(from, local.file('made'), { made: made(from) });
    assert.equal(readFileSync(local.file('made'), 'utf8'), 'ours');
  });

  it('whoever gives another file the name at the same moment, keeps it', async () => {
    const ends = { named: 0, refused: 0 };
    for (let round = 0; round < 500; round += 1) {
      const to = local.write('raced', 'old');
      const version = versionOfFile(lstatSync(to, { bigint: true }));
      const from = local.write('ours', 'ours');
      const theirs = local.write('theirs', `theirs ${round}`);
      const ours = publishFile(from, to, { overwrite: version }).then(
        () => (ends.named += 1),
        (error: unknown) => {
          assert.equal((error as NodeJS.ErrnoException).code, 'EEXIST');
          ends.refused += 1;
        },
      );
      await Promise.all([rename(theirs, to), ours]);
      assert.equal(readFileSync(to, 'utf8'), `theirs ${round}`);
    }
    console.log(`      ${JSON.stringify(ends)}`);
  });

  it('tells which call failed', async () => {
    const to = local.file('never');
    const failure = (from: string, options = {}) =>
      publishFile(from, to, options).catch((error: unknown) => {
        const { code, syscall } = error as NodeJS.ErrnoException;
        return `${code} ${syscall}`;
      });
    assert.equal(await failure(local.file('missing')), 'ENOENT rename');
    assert.equal(await failure(local.file('missing'), { fsync: true }), 'ENOENT open');
    symlinkSync(local.write('real', ''), local.file('led'));
    assert.equal(await failure(local.file('led'), { mtime: new Date() }), 'ELOOP open');
    assert.ok(!existsSync(to));
  });

  it('of many at once one wins, and the others keep theirs', async () => {
    const to = local.file('contested');
    const from = Array.from({ length: 200 }, (_, i) => local.write(`c${i}`, String(i)));
    const ends = await Promise.allSettled(from.map((path) => publishFile(path, to)));
    const winners = ends.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    assert.equal(winners.length, 1);
    assert.equal(readFileSync(to, 'utf8'), String(winners[0]));
    from.forEach((path, i) => {
      assert.equal(existsSync(path), i !== winners[0]);
    });
  });

  it('each of many that are synced together has its own end', async () => {
    const order = (i: number) => {
      const kind = i % 5 === 0 ? ('taken' as const) : i % 7 === 0 ? ('missing' as const) : ('fine' as const);
      mkdirSync(local.file(`d${i % 9}`), { recursive: true });
      const to = local.file(`d${i % 9}/s${i}`);
      if (kind === 'taken') local.write(`d${i % 9}/s${i}`, 'old');
      const from = kind === 'missing' ? local.file('missing') : local.write(`s${i}`, `new ${i}`);
      const end = publishFile(from, to, { fsync: true }).then(
        () => 'named',
        (error: unknown) => (error as NodeJS.ErrnoException).code,
      );
      return { kind, to, i, end };
    };
    const expected = { taken: ['EEXIST', 'old'], missing: ['ENOENT', undefined] };
    for (const { kind, to, i, end } of Array.from({ length: 300 }, (_, i) => order(i))) {
      const [code, content] = kind === 'fine' ? ['named', `new ${i}`] : expected[kind];
      assert.equal(await end, code);
      assert.equal(existsSync(to) ? readFileSync(to, 'utf8') : undefined, content);
    }
  });
});
