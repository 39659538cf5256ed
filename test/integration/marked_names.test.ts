/** Names that differ only in what decoders of text like to drop: a U+FEFF at the beginning, bytes that aren't UTF-8. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Archive, type Report } from '../../lib/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { FileSystem } from '../../lib/xrdcl/index.js';
import { collect, counts, recordsIn, withArchive, withSharedArchive } from '../support/archive.js';
import { cli } from '../support/cli.js';
import { PlainServer } from '../support/plain_server.js';
import { pass, writeRecord } from '../support/retention.js';
import { allOffline, quick, withBuffered } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const mark = '\uFEFF';
const twins = [
  'shot.h5',
  `${mark}shot.h5`,
  `${mark}${mark}shot.h5`,
  'd/x',
  `${mark}d/x`,
  `d/${mark}x`,
].sort();

const told = ({ failures }: Report) => failures.map(({ code, path }) => `${code} ${path}`).sort();

describe('names that begin with U+FEFF', () => {
  it('are archived, and come back each with its own bytes', async () => {
    await withArchive({}, async (bench) => {
      for (const name of twins) {
        await mkdir(dirname(join(bench.cache, name)), { recursive: true });
        await writeFile(join(bench.cache, name), `bytes of ${encodeURIComponent(name)}`);
      }
      const report = await bench.pass({ autoRemove: 'cached' });
      assert.deepEqual(counts(report), { scanned: 6, copied: 6, removedAfterCopy: 6 });
      const listed = await collect(bench.archive().ls([], { recursive: true }));
      const files = listed.flatMap((item) => ('failed' in item || item.isDirectory ? [] : [item.path]));
      assert.deepEqual(files.sort(), twins);
      await withTemp(async (to) => {
        const restored = await bench.archive().restore(['.'], { to });
        assert.deepEqual(counts(restored), { scanned: 6, copied: 6 });
        assert.deepEqual(await recordsIn(to), twins);
        for (const name of twins)
          assert.equal(await readFile(join(to, name), 'utf8'), `bytes of ${encodeURIComponent(name)}`);
        const verified = await bench.archive().verify([], { against: { directory: to } });
        assert.deepEqual(counts(verified), { scanned: 6, verified: 6 });
      });
      await withTemp(async (to) => {
        for (const name of [`${mark}shot.h5`, `${mark}d`]) await bench.archive().restore([name], { to });
        assert.deepEqual(await recordsIn(to), [`${mark}d/x`, `${mark}shot.h5`].sort());
      });
    });
  });

  it('are restored to another server under their own names', async () => {
    const server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32c'] });
    try {
      for (const name of twins) server.write(`/from/${name}`, `bytes of ${encodeURIComponent(name)}`);
      server.mkdir('/to');
      const archive = new Archive({ targetUrl: server.urlOf('/from'), logLevel: 'error' });
      const report = await archive.restore(['.'], { to: server.urlOf('/to') });
      assert.deepEqual(counts(report), { scanned: 6, copied: 6 });
      for (const name of twins)
        assert.equal(
          readFileSync(server.file(`/to/${name}`), 'utf8'),
          `bytes of ${encodeURIComponent(name)}`,
        );
    } finally {
      await server.stop();
    }
  });

  it('are listed so for those who look many names up', async () => {
    const server = await PlainServer.start();
    try {
      for (const name of ['a', `${mark}a`, `${mark}${mark}a`]) server.write(`/d/${name}`, name);
      const fileSystem = new FileSystem(server.url);
      const pieces = await collect(fileSystem.dirStats('/d'));
      const names = pieces.flat().map(([name, { size }]) => [name, size]);
      assert.deepEqual(names.sort(), [
        ['a', 1],
        [`${mark}a`, 4],
        [`${mark}${mark}a`, 7],
      ]);
    } finally {
      await server.stop();
    }
  });

  it('are staged and evicted as the files that they are', async () => {
    const records = twins.map((name): [string, number] => [name, 500]);
    await withBuffered({}, records, async (bench) => {
      const archive = bench.archive(quick);
      const [marked, ...others] = [`${mark}shot.h5`, ...twins.filter((name) => name !== `${mark}shot.h5`)];
      assert.deepEqual(counts(await archive.evict([marked])), { scanned: 1, evicted: 1 });
      await allOffline(bench, [[marked, 500]]);
      for (const name of others)
        assert.equal((await bench.sandbox.stateOf(name))?.offline, false, encodeURIComponent(name));
      const staged = await archive.stage([marked], { wait: true });
      assert.deepEqual(counts(staged), { scanned: 1, staged: 1 });
      assert.equal((await bench.sandbox.stateOf(marked))?.offline, false);
    });
  });

  it('are verified by lists of checksums', async () => {
    const server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32'] });
    try {
      server.write('/a', 'other');
      server.write(`/${mark}a`, 'abc');
      const archive = new Archive({ targetUrl: server.url, logLevel: 'error' });
      const lines = [`${mark}adler32:024d0127  ${mark}a`];
      const report = await archive.verify([], { against: { checksums: lines } });
      assert.deepEqual(counts(report), { scanned: 1, verified: 1 });
    } finally {
      await server.stop();
    }
  });
});

/** Latin-1: `\xff` stands for a byte. */
const raw = (name: string) => Buffer.from(name, 'latin1');
const under = (directory: string, name: string) => Buffer.concat([Buffer.from(`${directory}/`), raw(name)]);

describe('names on the server that are not UTF-8', () => {
  const bad = ['d/bad\xff', 'd/bad\xfe', 'cut\xc3', 'no\xff/x'];
  const good = ['d/bad\uFFFD', 'd/bad', 'cut', 'no\uFFFD/x'];
  const problems = ['BadName cut\\xc3', 'BadName d/bad\\xfe', 'BadName d/bad\\xff', 'BadName no\\xff'];

  function plant(directory: string): void {
    for (const name of good) {
      mkdirSync(dirname(join(directory, name)), { recursive: true, mode: 0o777 });
      writeFileSync(join(directory, name), `bytes of ${name}`);
    }
    mkdirSync(under(directory, 'no\xff'));
    for (const name of bad) writeFileSync(under(directory, name), 'bytes of another');
    execFileSync('chmod', ['-R', 'a+rwX', directory]);
  }

  async function withServer(use: (server: PlainServer, archive: Archive) => Promise<void>): Promise<void> {
    const server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32c'] });
    try {
      server.mkdir('/archive');
      plant(server.file('/archive'));
      await use(server, new Archive({ targetUrl: server.urlOf('/archive'), logLevel: 'error' }));
    } finally {
      await server.stop();
    }
  }

  it('are told by restore, and no other name stands for them', async () => {
    await withServer(async (_, archive) => {
      await withTemp(async (to) => {
        const report = await archive.restore(['.'], { to });
        assert.deepEqual(told(report), problems);
        assert.deepEqual(counts(report), { scanned: 8, copied: 4, failed: 4 });
        assert.deepEqual(await recordsIn(to), [...good].sort());
        for (const name of good) assert.equal(readFileSync(join(to, name), 'utf8'), `bytes of ${name}`);
      });
    });
  });

  it('are told by ls, with exit code 1', async () => {
    await withServer(async (server) => {
      const { code, stdout, stderr } = await cli(['ls', '-R', '--target', server.urlOf('/archive')]);
      assert.equal(code, 1);
      assert.deepEqual(stdout.trim().split('\n').sort(), ['d/', 'no\uFFFD/', ...good].sort());
      assert.equal(
        stderr.match(/its name is not valid UTF-8: give it another one on the server/g)?.length,
        4,
      );
      assert.match(stderr, /d\/bad\\xff/);
    });
  });

  it('are told by stage, evict and drill', async () => {
    await using sandbox = await TapeSandbox.start();
    plant(sandbox.diskPath('.'));
    const archive = new Archive({ targetUrl: sandbox.url, logLevel: 'error', ...quick });
    const bads = (report: Report) => told(report).filter((each) => each.startsWith('BadName'));
    assert.deepEqual(told(await archive.stage(['.'], { wait: true })), problems);
    assert.deepEqual(bads(await archive.evict(['.'])), problems);
    assert.deepEqual(bads(await archive.drill()), problems);
  });

  it('are told by retention on a server, and stay', async () => {
    await using other = await TapeSandbox.start({ tapeFlags: false });
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 1000);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      plant(other.diskPath('.'));
      const report = await pass(bench, { onlineUrl: other.url });
      assert.deepEqual(told(report), problems);
      assert.deepEqual(counts(report), { scanned: 8, kept: 4, failed: 4 });
      for (const name of bad) assert.ok(existsSync(under(other.diskPath('.'), name)), name);
    });
  });
});
