import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { chmodSync, existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { FileSystem, XRootDError } from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';

function code(expected: string) {
  return (error: unknown) => {
    assert.ok(error instanceof XRootDError, String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };
}

async function collect<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

describe('file system', () => {
  let server: PlainServer;
  let fs: FileSystem;

  before(async () => {
    server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32c'] });
    fs = new FileSystem(server.url);
    server.mkdir('/many');
    for (let i = 0; i < 5000; i += 1) writeFileSync(server.file(`/many/f${i}`), '');
  });

  after(() => server.stop());

  describe('stat', () => {
    it('tells size, times, kind and rights of a file', async () => {
      server.write('/stat/file', 'hello');
      chmodSync(server.file('/stat/file'), 0o644);
      const info = await fs.stat('/stat/file');
      assert.equal(info.size, 5);
      assert.equal(
        info.mtime.getTime(),
        Math.floor(statSync(server.file('/stat/file')).mtimeMs / 1000) * 1000,
      );
      assert.deepEqual(
        [info.isDirectory, info.isOther, info.offline, info.backUpExists, info.poscPending],
        [false, false, false, false, false],
      );
      assert.equal(info.readable, true);
      assert.equal(info.mode, 'rw-r--r--');
    });

    it('tells a directory', async () => {
      server.mkdir('/stat/dir');
      assert.equal((await fs.stat('/stat/dir')).isDirectory, true);
    });

    it('keeps sizes beyond 4 GiB exact', async () => {
      server.write('/stat/huge', '');
      truncateSync(server.file('/stat/huge'), 5 * 2 ** 30 + 1);
      assert.equal((await fs.stat('/stat/huge')).size, 5 * 2 ** 30 + 1);
    });

    it('fails with NotFound for what is not there', async () => {
      await assert.rejects(fs.stat('/nothing'), code('NotFound'));
    });

    it('takes names with spaces, per cent signs, ampersands, hashes and other alphabets', async () => {
      for (const name of [
        '/n/a b',
        '/n/a%20b',
        '/n/a&x=1',
        '/n/a#b',
        '/n/ä日本',
        '/n/x.meta4',
        '/n/x.metalink',
      ]) {
        server.write(name, name);
        assert.equal((await fs.stat(name)).size, Buffer.byteLength(name), name);
      }
    });

    it('of many is told in their order, with the errors among them', async () => {
      server.write('/stat/one', 'x');
      server.mkdir('/stat/two');
      const [one, none, two, again] = await fs.statMany([
        '/stat/one',
        '/stat/none',
        '/stat/two',
        '/stat/one',
      ]);
      assert.ok(none instanceof XRootDError);
      assert.deepEqual([none.code, none.target], ['NotFound', `${server.url}//stat/none`]);
      const { id, size, mtime, isDirectory, isOther, offline, backUpExists, poscPending } =
        await fs.stat('/stat/one');
      assert.match(id, /^-?[1-9][0-9]*$/);
      assert.deepEqual(one, { id, size, mtime, isDirectory, isOther, offline, backUpExists, poscPending });
      assert.deepEqual(again, one);
      assert.ok(two !== undefined && !(two instanceof Error) && two.isDirectory);
      assert.deepEqual(await fs.statMany([]), []);
      const all = await fs.statMany(Array.from({ length: 5000 }, (_, i) => `/many/f${i}`));
      assert.ok(all.every((each) => !(each instanceof Error) && each.size === 0));
    });

    it('of many can be given up, and is refused for a path that XRootD would misread', async () => {
      const stop = new AbortController();
      const asked = fs.statMany(['/stat/one', '/stat/two'], { signal: stop.signal });
      stop.abort(new Error('enough'));
      await assert.rejects(asked, /enough/);
      await assert.rejects(fs.statMany(['/stat/one', 'relative']), TypeError);
    });

    it('tells the space behind a path', async () => {
      const space = await fs.statVfs('/');
      assert.ok(space.nodesRw >= 1);
      assert.ok(space.freeRw > 0);
    });
  });

  describe('changes', () => {
    it('makes directories, with parents and mode when asked', async () => {
      await fs.mkdir('/made');
      await assert.rejects(fs.mkdir('/made', { mode: 0o700 }), code('ItExists'));
      await assert.rejects(fs.mkdir('/made/a/b'), code('NotFound'));
      await fs.mkdir('/made/a/b', { parents: true, mode: 0o750 });
      await fs.mkdir('/made/a/b', { parents: true });
      server.write('/made/file', 'x');
      await assert.rejects(fs.mkdir('/made/file', { parents: true }), XRootDError);
      assert.equal(statSync(server.file('/made/a/b')).mode & 0o777, 0o750);
    });

    it('removes files and empty directories, and nothing else', async () => {
      server.write('/gone/dir/file', 'x');
      server.own('/gone/dir');
      await assert.rejects(fs.rmdir('/gone/dir'), XRootDError);
      await fs.rm('/gone/dir/file');
      await assert.rejects(fs.rm('/gone/dir/file'), code('NotFound'));
      await fs.rmdir('/gone/dir');
      assert.ok(!existsSync(server.file('/gone/dir')));
    });

    it('moves', async () => {
      server.write('/mv/a', 'x');
      await fs.mv('/mv/a', '/mv/b');
      assert.deepEqual(readdirSync(server.file('/mv')), ['b']);
      await assert.rejects(fs.mv('/mv/a', '/mv/c'), code('NotFound'));
    });

    it('truncates, also beyond 4 GiB', async () => {
      server.write('/truncate', 'hello');
      await fs.truncate('/truncate', 2);
      assert.equal(statSync(server.file('/truncate')).size, 2);
      await fs.truncate('/truncate', 2 ** 32 + 7);
      assert.equal(statSync(server.file('/truncate')).size, 2 ** 32 + 7);
      await fs.rm('/truncate');
    });

    it('changes modes', async () => {
      server.write('/mode', 'x');
      await fs.chmod('/mode', 0o640);
      assert.equal(statSync(server.file('/mode')).mode & 0o777, 0o640);
    });

    it('refuses nonsense before anything is sent', async () => {
      for (const size of [-1, 1.5, NaN, 2 ** 53]) await assert.rejects(fs.truncate('/x', size), RangeError);
      for (const timeout of [0, -1, 1.5, NaN, 65_536]) {
        await assert.rejects(fs.stat('/x', { timeout }), RangeError);
        await assert.rejects(fs.dirList('/x', { timeout }).next(), RangeError);
      }
      await assert.rejects(fs.stage([]), RangeError);
      await assert.rejects(fs.evict([]), RangeError);
      for (const priority of [-1, 4, 1.5]) await assert.rejects(fs.stage(['/x'], { priority }), RangeError);
      for (const id of ['', 'a b', 'a\nb']) await assert.rejects(fs.cancelStage(id, ['/x']), TypeError);
      for (const names of [[], ['a b'], ['a\nb'], ['']])
        await assert.rejects(fs.queryConfig(names), TypeError);
      for (const type of ['', 'a b', 'a&b', 'a=b']) {
        await assert.rejects(fs.queryChecksum('/x', type), TypeError);
      }
      for (const mode of [-1, 1.5, 0o10000]) {
        await assert.rejects(fs.mkdir('/x', { mode }), RangeError);
        await assert.rejects(fs.chmod('/x', mode), RangeError);
      }
    });
  });

  describe('queries', () => {
    it('pings', () => fs.ping());

    it('locates a file, also deep', async () => {
      server.write('/locate', 'x');
      for (const deep of [false, true]) {
        const [location] = await fs.locate('/locate', { deep });
        assert.equal(location?.manager, false);
        assert.equal(location.pending, false);
        assert.match(location.address, new RegExp(`:${new URL(server.url).port}$`));
      }
      await assert.rejects(fs.locate('/nothing'), code('NotFound'));
    });

    it('a data server names itself', async () => {
      const { port } = new URL(server.url);
      const [itself, ...others] = await new FileSystem(server.url.replace('//', '//alice@')).dataServers();
      assert.match(itself ?? '', new RegExp(`^root://alice@[^@/]+:${port}$`));
      assert.deepEqual(others, []);
    });

    it('tells settings, and leaves out those that the server does not know', async () => {
      const settings = await fs.queryConfig(['version', 'nonsense', 'chksum', 'role']);
      assert.match(settings['version'] ?? '', /^v?\d/);
      assert.equal(settings['role'], 'server');
      assert.match(settings['chksum'] ?? '', /adler32/);
      assert.ok(!('nonsense' in settings));
    });

    it('tells space', async () => {
      const space = await fs.querySpace('/');
      assert.ok(Number(space['oss.space']) > 0);
    });

    it('tells checksums; an unknown type and a missing file are errors', async () => {
      server.write('/sum', 'x');
      assert.deepEqual(await fs.queryChecksum('/sum', 'adler32'), { type: 'adler32', value: '00790079' });
      assert.deepEqual(await fs.queryChecksum('/sum', 'crc32c'), { type: 'crc32c', value: 'a93c5f93' });
      await assert.rejects(fs.queryChecksum('/sum', 'nonsense'), code('ServerError'));
      await assert.rejects(fs.queryChecksum('/nothing', 'adler32'), code('NotFound'));
    });

    it('sets, gets, lists and deletes extended attributes', async function () {
      server.write('/xattr', 'x');
      const value = Buffer.from([1, 255, 10, 13, 128]);
      try {
        await fs.setXAttr('/xattr', 'colour', value);
      } catch (error) {
        if (error instanceof XRootDError && error.code === 'Unsupported') this.skip();
        throw error;
      }
      assert.deepEqual(await fs.getXAttr('/xattr', 'colour'), value);
      assert.deepEqual([...(await fs.listXAttr('/xattr'))], [['colour', value]]);
      await fs.delXAttr('/xattr', 'colour');
      await assert.rejects(fs.getXAttr('/xattr', 'colour'), code('AttrNotFound'));
      assert.equal((await fs.listXAttr('/xattr')).size, 0);
      await assert.rejects(fs.delXAttr('/xattr', 'colour'), code('AttrNotFound'));
      await assert.rejects(fs.setXAttr('/nothing', 'a', value), code('NotFound'));
      await assert.rejects(fs.setXAttr('/xattr', 'a', Buffer.from([1, 0])), TypeError);
      for (const name of ['', 'a\0b']) await assert.rejects(fs.setXAttr('/xattr', name, value), TypeError);
    });

    it('a plain server takes stage and evict, and says that it cannot tell of them', async () => {
      server.write('/prepare', 'x');
      for (const priority of [0, 3]) assert.notEqual(await fs.stage(['/prepare'], { priority }), '');
      await fs.evict(['/prepare']);
    });
  });

  describe('dirList', () => {
    it('streams a directory of 5,000 entries in several pieces', async () => {
      const entries = await collect(fs.dirList('/many'));
      assert.equal(new Set(entries.map(({ name }) => name)).size, 5000);
      assert.equal(entries[0]?.stat, undefined);
      assert.match(entries[0]?.host ?? '', /^127\.0\.0\.1:|localhost/);
    });

    it('with stat of each', async () => {
      server.write('/listed/a', 'hello');
      server.mkdir('/listed/d');
      const entries = await collect(fs.dirList('/listed', { stat: true }));
      const byName = new Map(entries.map((entry) => [entry.name, entry.stat]));
      assert.equal(byName.get('a')?.size, 5);
      assert.equal(byName.get('d')?.isDirectory, true);
    });

    it('can be left early, and the connection goes on', async () => {
      let seen = 0;
      for await (const entry of fs.dirList('/many')) {
        assert.ok(entry.name);
        seen += 1;
        if (seen === 3) break;
      }
      assert.equal(seen, 3);
      assert.equal((await fs.stat('/many')).isDirectory, true);
    });

    it('of an empty directory has no entries', async () => {
      server.mkdir('/empty');
      assert.deepEqual(await collect(fs.dirList('/empty')), []);
    });

    it('fails for what is not there, and for a file', async () => {
      await assert.rejects(collect(fs.dirList('/nothing')), code('NotFound'));
      server.write('/file', 'x');
      await assert.rejects(collect(fs.dirList('/file')), XRootDError);
    });

    it('dirStats tells of the same entries what stat does', async () => {
      server.write('/stats/a b', 'hello');
      server.write('/stats/ä%20\u{1f52c}', '');
      server.mkdir('/stats/d');
      const entries = new Map((await collect(fs.dirStats('/stats'))).flat());
      assert.deepEqual([...entries.keys()].sort(), ['a b', 'd', 'ä%20\u{1f52c}'].sort());
      for (const [name, { size, mtime, isDirectory, isOther }] of entries) {
        const one = await fs.stat(`/stats/${name}`);
        assert.deepEqual(
          { size, mtime, isDirectory, isOther },
          { size: one.size, mtime: one.mtime, isDirectory: one.isDirectory, isOther: one.isOther },
        );
      }
      const pieces = await collect(fs.dirStats('/many'));
      assert.ok(pieces.length > 1);
      assert.equal(new Map(pieces.flat()).size, 5000);
      await assert.rejects(collect(fs.dirStats('/nothing')), code('NotFound'));
    });

    it('dirStats leaves out names that could be taken for others', async () => {
      server.mkdir('/unclear');
      const bytes = Buffer.from([0x61, 0xff, 0x62]);
      writeFileSync(Buffer.concat([Buffer.from(`${server.file('/unclear')}/`), bytes]), '');
      server.write('/unclear/a\uFFFDb', 'x');
      server.write('/unclear/clear', '');
      const entries = (await collect(fs.dirStats('/unclear'))).flat();
      assert.deepEqual(
        entries.map(([name]) => name),
        ['clear'],
      );
    });

    it('keeps the bytes of names that are not UTF-8', async () => {
      server.mkdir('/bytes');
      const bytes = Buffer.from([0x61, 0xff, 0xfe, 0x62]);
      writeFileSync(Buffer.concat([Buffer.from(`${server.file('/bytes')}/`), bytes]), '');
      server.write('/bytes/ä', '');
      const entries = await collect(fs.dirList('/bytes'));
      assert.deepEqual(entries.find(({ nameBytes }) => nameBytes)?.nameBytes, bytes);
      const good = entries.find(({ nameBytes }) => !nameBytes);
      assert.equal(good?.name, 'ä');
    });

    it('is stopped by a signal in its midst', async () => {
      const stop = new AbortController();
      const reason = new Error('enough');
      const entries = fs.dirList('/many', { signal: stop.signal });
      await entries.next();
      stop.abort(reason);
      await assert.rejects(collect(entries), reason);
      assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
    });
  });

  describe('many at once', () => {
    it('5,000 stats in flight on one connection', async () => {
      const infos = await Promise.all(Array.from({ length: 5000 }, (_, i) => fs.stat(`/many/f${i}`)));
      assert.equal(infos.length, 5000);
      const logins = server.log.match(/login as/g)?.length ?? 0;
      assert.ok(logins <= 1, `${logins} logins`);
    });

    it('3,000 stats of which every third fails alone', async () => {
      const settled = await Promise.allSettled(
        Array.from({ length: 3000 }, (_, i) => fs.stat(i % 3 === 0 ? `/missing${i}` : `/many/f${i}`)),
      );
      settled.forEach((result, i) => {
        if (i % 3 !== 0) assert.equal(result.status, 'fulfilled');
        else assert.ok(result.status === 'rejected' && code('NotFound')(result.reason));
      });
    });

    it('several file systems of one server share the connection', async () => {
      const before = server.log.match(/login as/g)?.length ?? 0;
      await Promise.all(Array.from({ length: 20 }, () => new FileSystem(server.url).ping()));
      assert.equal(server.log.match(/login as/g)?.length ?? 0, before);
    });
  });

  describe('signals', () => {
    it('aborted before: nothing is sent', async () => {
      const reason = new Error('no');
      await assert.rejects(fs.rm('/many/f0', { signal: AbortSignal.abort(reason) }), reason);
      await assert.rejects(fs.dirList('/many', { signal: AbortSignal.abort(reason) }).next(), reason);
      await assert.rejects(
        fs.queryChecksum('/many/f0', 'adler32', { signal: AbortSignal.abort(reason) }),
        reason,
      );
      assert.ok(existsSync(server.file('/many/f0')));
    });

    it('aborted while the server is silent: at once', async () => {
      const stop = new AbortController();
      server.freeze();
      try {
        const answer = fs.stat('/many/f1', { signal: stop.signal });
        const started = performance.now();
        stop.abort(new Error('now'));
        await assert.rejects(answer, /now/);
        assert.ok(performance.now() - started < 5000);
      } finally {
        server.thaw();
      }
      assert.equal((await fs.stat('/many/f1')).size, 0);
    });

    it('aborted after: nothing happens', async () => {
      const stop = new AbortController();
      await fs.stat('/many/f1', { signal: stop.signal });
      stop.abort();
      await fs.ping();
    });

    it('take off their listeners, and thousands of requests on one signal are no leak', async () => {
      const warnings: Error[] = [];
      const listen = (warning: Error) => warnings.push(warning);
      process.on('warning', listen);
      const stop = new AbortController();
      const requests = Array.from({ length: 1000 }, (_, i) =>
        fs.stat(`/many/f${i}`, { signal: stop.signal }),
      );
      await Promise.all(requests);
      await Promise.allSettled([fs.stat('/nothing', { signal: stop.signal })]);
      assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
      await new Promise(setImmediate);
      process.off('warning', listen);
      assert.deepEqual(warnings, []);
    });

    it('of AbortSignal.timeout carries its TimeoutError', async () => {
      server.freeze();
      try {
        await assert.rejects(fs.ping({ signal: AbortSignal.timeout(100) }), { name: 'TimeoutError' });
      } finally {
        server.thaw();
      }
    });
  });

  it('a timeout of 2 seconds, which libXrdCl counts in whole ones, is kept within 1 and 10', async () => {
    server.freeze();
    const started = performance.now();
    try {
      await assert.rejects(fs.stat('/many/f1', { timeout: 2 }), code('OperationExpired'));
    } finally {
      server.thaw();
    }
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds >= 1 && seconds < 10, `${seconds} s`);
  });
});
