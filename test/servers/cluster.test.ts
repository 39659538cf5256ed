/** A redirector with two data servers: what one of them has, the target has. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NotOnTapeError, type ArchiveOptions, type Report } from '../../lib/index.js';
import { parseTarget } from '../../lib/config/target.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { untilOnTape } from '../../lib/jobs/verify/until_on_tape.js';
import { openStore } from '../../lib/remote/open_store.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { FileSystem } from '../../lib/xrdcl/index.js';
import { assertAddsUp, collect, counts, keepingLogger, recordsIn } from '../support/archive.js';
import { Cluster } from '../support/cluster.js';
import { PlainServer } from '../support/plain_server.js';
import { bytesOf, holdsRecord, writeRecord } from '../support/records.js';
import { archiveOf } from '../support/server_on.js';
import { TemporaryDirectory, withTemp } from '../support/temporary.js';

const size = 1000;
const names = ['a', 'd/a', 'd/b', 'd/c', 'd/e/a', 'd/e/b'];

describe('a redirector with two data servers', () => {
  let cluster: Cluster;
  const cache = new TemporaryDirectory();

  before(async () => {
    cluster = await Cluster.start();
    for (const name of names) await writeRecord(cache.path, name, size);
    const report = await archive().backup();
    assert.deepEqual(told(report), { scanned: 6, copied: 6 }, JSON.stringify(report.failures));
    const held = new Set(names.flatMap(places));
    assert.equal(held.size, 2, 'all records are on one server');
  });
  after(async () => {
    await cluster.stop();
    cache.remove();
  });

  const archive = (options: Partial<ArchiveOptions> = {}) =>
    archiveOf({
      targetUrl: `${cluster.url}//base`,
      cacheDirectory: cache.path,
      autoRemove: 'never',
      ...options,
    }).archive;
  const told = (report: Report) => {
    assertAddsUp(report);
    return counts(report);
  };
  /** The numbers of the data servers that have the file. */
  const places = (name: string) =>
    cluster.servers.flatMap((server, index) => (existsSync(server.file(join('/base', name))) ? [index] : []));

  it('each record is on one of them, and ls shows all', async () => {
    for (const name of names) assert.equal(places(name).length, 1, name);
    const listed = await collect(archive().ls([], { recursive: true }));
    const directories = ['d', 'd/e'];
    assert.deepEqual(listed.map(({ path }) => path).sort(), [...names, ...directories].sort());
  });

  it('restore: what either has', async () => {
    await withTemp(async (to) => {
      const report = await archive().restore(['.'], { to });
      assert.deepEqual(told(report), { scanned: 6, copied: 6 }, JSON.stringify(report.failures));
      for (const name of names) assert.ok(await holdsRecord(join(to, name), name, size));
    });
  });

  it('verify: each is compared on the server that has it', async () => {
    const report = await archive().verify();
    assert.deepEqual(told(report), { scanned: 6, verified: 6 }, JSON.stringify(report.failures));
  });

  it('prepare: the redirector gives the request an id, knows it, and withdraws it', async () => {
    const server = new FileSystem(cluster.url);
    const paths = names.map((name) => join('/base', name));
    const id = await server.stage(paths);
    assert.notEqual(id, '');
    // No tape system is behind it.
    assert.equal((await server.queryPrepare(id, paths)).trim(), 'No information found.');
    await server.cancelStage(id, paths);
    await assert.rejects(server.queryPrepare('1', paths), { code: 'ArgInvalid' });
    await server.evict(paths);
  });

  it('bytes that changed on one of them: a conflict, and the record stays', async () => {
    const [name = ''] = names;
    const [index = 0] = places(name);
    const server = cluster.servers[index];
    assert.ok(server);
    const path = join('/base', name);
    server.write(path, bytesOf('other', size));
    const report = await archive({ autoRemove: 'cached' }).backup();
    assert.deepEqual(told(report), { scanned: 6, removed: 5, conflicts: 1 }, JSON.stringify(report.failures));
    assert.deepEqual(await recordsIn(cache.path), [name]);
    server.write(path, bytesOf(name, size));
    for (const each of names) await writeRecord(cache.path, each, size);
  });

  it('one of them is down: no job begins that expects both; nothing goes, nothing is lost', async () => {
    await cluster.down(1);
    const [first, second] = [0, 1].map((index) => names.filter((name) => places(name).includes(index)));
    const expecting = { dataServers: 2, autoRemove: 'cached' } as const;
    const isTold = {
      code: 'NoServer',
      message: /has 1 of 2 data servers now: what the others have would be called missing/,
    };
    await assert.rejects(archive(expecting).backup(), isTold);
    await assert.rejects(archive(expecting).verify(), isTold);
    await withTemp(async (to) => {
      await assert.rejects(archive(expecting).restore(['.'], { to }), isTold);
    });
    assert.deepEqual(await recordsIn(cache.path), names);
    // Without it they count as missing, and are copied once more.
    assert.equal((await archive().verify()).failed, second?.length);
    const report = await archive({ autoRemove: 'cached' }).backup();
    const expected = {
      scanned: 6,
      copied: second?.length,
      removed: first?.length,
      removedAfterCopy: second?.length,
    };
    assert.deepEqual(told(report), expected, JSON.stringify(report.failures));
    await cluster.up(1);
    for (const name of second ?? []) assert.deepEqual(places(name), [0, 1], name);
    await withTemp(async (to) => {
      assert.deepEqual(told(await archive(expecting).restore(['.'], { to })), { scanned: 6, copied: 6 });
      for (const name of names) assert.ok(await holdsRecord(join(to, name), name, size));
    });
  });
});

describe('data servers that have different files of one name', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.start();
  });
  after(() => cluster.stop());

  // The redirector sends each request to either.
  for (const verify of ['checksum', 'read'] as const)
    it(`verify: ${verify}: a record that one of them has stays`, async () => {
      await withTemp(async (cacheDirectory) => {
        const several = Array.from({ length: 12 }, (_, index) => `${verify}${index}`);
        for (const name of several) {
          await writeRecord(cacheDirectory, name, size);
          cluster.servers[0]?.write(`/base/${name}`, bytesOf(name, size));
          cluster.servers[1]?.write(`/base/${name}`, bytesOf('other', size));
        }
        const targetUrl = `${cluster.url}//base`;
        const { archive } = archiveOf({ cacheDirectory, targetUrl, autoRemove: 'cached', verify });
        const report = await archive.backup();
        assertAddsUp(report);
        assert.equal(report.removed, 0, JSON.stringify(report));
        assert.deepEqual(await recordsIn(cacheDirectory), several.sort());
      });
    });

  it('none of them counts as on tape, whichever the redirector asks', async () => {
    await withTemp(async (cacheDirectory) => {
      const several = Array.from({ length: 12 }, (_, index) => `taped${index}`);
      for (const name of several) {
        await writeRecord(cacheDirectory, name, size);
        cluster.servers[0]?.write(`/base/${name}`, bytesOf(name, size));
        cluster.servers[1]?.write(`/base/${name}`, bytesOf('other', size));
      }
      const { archive } = archiveOf({ cacheDirectory, targetUrl: `${cluster.url}//base` });
      const { config } = archive;
      const { logger } = keepingLogger();
      // These servers have no tape: as if all of it were there.
      const store = openStore(config);
      const taped = <T extends object | null>(stat: T): T =>
        stat === null || stat instanceof Error ? stat : { ...stat, backUpExists: true };
      const open = () => ({
        ...store,
        stat: async (name: string, signal?: AbortSignal) => taped(await store.stat(name, signal)),
        statMany: async (names: readonly string[], signal?: AbortSignal) =>
          (await store.statMany(names, signal)).map(taped),
      });
      const dependencies = { config, logger, events: new EventBus(logger), open };
      const error: unknown = await untilOnTape(dependencies, several, { deadlineSeconds: 5 }).catch(
        (failure: unknown) => failure,
      );
      assert.ok(error instanceof NotOnTapeError, String(error));
      assert.deepEqual(error.onTape, []);
      assert.ok(
        error.failures.some(({ code, message }) => code === 'Unverified' && /different files/.test(message)),
      );
    });
  });

  it('are found when the redirector has heard of one of them only', async () => {
    const target = parseTarget(`${cluster.url}//base`);
    const store = new XRootDStore(target, { request: 10, checksum: 10 });
    cluster.servers[0]?.write('/base/late', 'x');
    assert.ok(await store.stat('late'));
    const known = await new FileSystem(cluster.url).locate('/base/late', { deep: true });
    assert.equal(known.length, 1);
    // What is made without the redirector is unknown to it.
    cluster.servers[1]?.write('/base/late', 'y');
    assert.equal((await store.differing('late')).length, 2);
  });

  it('none of them is removed, since the redirector may choose the other one', async () => {
    const target = parseTarget(`${cluster.url}//base`);
    const store = new XRootDStore(target, { request: 10, checksum: 10 });
    for (const name of ['a', 'b', 'c', 'd']) {
      for (const [index, server] of cluster.servers.entries()) server.write(`/base/${name}`, String(index));
      const seen = await store.stat(name);
      assert.ok(seen);
      for (let turn = 0; turn < 4; turn++) assert.equal(await store.removeSeen(name, seen), 'other');
      for (const server of cluster.servers) assert.ok(existsSync(server.file(`/base/${name}`)));
    }
  });
});

describe('data servers that come and go while an archive is in use', () => {
  it('each job asks those that are there when it begins', async () => {
    const cluster = await Cluster.start();
    try {
      const { archive } = archiveOf({ targetUrl: `${cluster.url}//base` });
      const listed = async () =>
        (await collect(archive.ls([], { recursive: true }))).map(({ path }) => path).sort();
      cluster.servers.forEach((server, index) => {
        server.write(`/base/on${index}`, 'x');
      });
      await cluster.down(1);
      assert.deepEqual(await listed(), ['on0']);
      await cluster.up(1);
      assert.deepEqual(await listed(), ['on0', 'on1']);
      await cluster.down(1);
      assert.deepEqual(await listed(), ['on0']);
    } finally {
      await cluster.stop();
    }
  });
});

describe('a redirector whose only data server is a caching proxy', () => {
  it('a pass that may remove is refused, and every record stays', async () => {
    const origin = await PlainServer.start({ config: [] });
    const at = origin.url.replace('root://', '');
    const config = ['ofs.osslib libXrdPss.so', `pss.origin ${at}`, 'pss.cachelib libXrdPfc.so'];
    const cluster = await Cluster.start({ servers: 1, config });
    try {
      await withTemp(async (cacheDirectory) => {
        await writeRecord(cacheDirectory, 'r', size);
        const { archive } = archiveOf({
          cacheDirectory,
          targetUrl: `${cluster.url}//base`,
          autoRemove: 'cached',
        });
        await assert.rejects(archive.backup(), {
          name: 'ConfigError',
          message: /is a proxy, and a proxy may answer/,
        });
        assert.deepEqual(await recordsIn(cacheDirectory), ['r']);
      });
    } finally {
      await cluster.stop();
      await origin.stop();
    }
  });
});
