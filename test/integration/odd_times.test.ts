/** Times of change that users have set on the server: before 1970, far ahead, or one that no Date holds. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { VerifiedMemo } from '../../lib/cache/verified_memo.js';
import { parseTarget, resolveOptions } from '../../lib/config/index.js';
import { Archive, type Report } from '../../lib/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { JobRun } from '../../lib/jobs/run/job_run.js';
import { list } from '../../lib/jobs/run/list.js';
import { OnlineServer } from '../../lib/jobs/retention/online_server.js';
import { restore } from '../../lib/jobs/restore/restore.js';
import { SeparateServers } from '../../lib/jobs/separation/separate_servers.js';
import { openStore } from '../../lib/remote/open_store.js';
import type { RemoteStat, RemoteStore } from '../../lib/remote/store.js';
import { ageOf, RETAINED } from '../../lib/rules/retention.js';
import { selector } from '../../lib/rules/selection.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { collect, counts, keepingLogger, recordsIn, withSharedArchive } from '../support/archive.js';
import { cli } from '../support/cli.js';
import { PlainServer } from '../support/plain_server.js';
import { cut, pass, writeRecord } from '../support/retention.js';
import { allOffline, quick, withBuffered } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

/** Seconds since the epoch. */
const year2400 = Date.UTC(2400, 0, 1) / 1000;
const times = { early: -1, late: year2400, usual: cut } as const;
const names = Object.keys(times) as (keyof typeof times)[];

/** Node's utimes() takes a negative number for the time now. */
function setTime(file: string, seconds: number): void {
  execFileSync('touch', ['-m', '-d', `@${seconds}`, file]);
}

async function withServer(use: (server: PlainServer, archive: Archive, to: string) => Promise<void>) {
  const server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32c'] });
  try {
    for (const name of names) {
      server.write(`/archive/${name}`, `bytes of ${name}`);
      setTime(server.file(`/archive/${name}`), times[name]);
    }
    await withTemp(async (to) => {
      await use(
        server,
        new Archive({ targetUrl: server.urlOf('/archive'), logLevel: 'error', ...quick }),
        to,
      );
    });
  } finally {
    await server.stop();
  }
}

/** As a server whose users have set times that no Date holds. */
function timeless<T extends RemoteStore>(store: T): T {
  const without = (stat: RemoteStat): RemoteStat => ({ ...stat, mtime: new Date(NaN) });
  return {
    ...store,
    stat: async (...query) => {
      const stat = await store.stat(...query);
      return stat && without(stat);
    },
    statMany: async (...query) =>
      (await store.statMany(...query)).map((each) =>
        each === null || each instanceof Error ? each : without(each),
      ),
  };
}

function timelessAround(store: RemoteStore): RemoteStore {
  return {
    ...store,
    surroundings: async (...query) =>
      (await store.surroundings(...query)).map((each) => ({
        ...each,
        stat: { ...each.stat, mtime: new Date(NaN) },
      })),
  };
}

async function restoreTimeless(server: PlainServer, to: string, bounds: { since?: Date; until?: Date }) {
  const config = resolveOptions({ targetUrl: server.urlOf('/archive'), retryDelaySeconds: 0 });
  const { logger } = keepingLogger();
  const dependencies = { config, logger, events: new EventBus(logger) };
  return restore({ ...dependencies, open: () => timeless(openStore(config)) }, ['.'], { to, ...bounds });
}

const told = ({ failures }: Report) => failures.map(({ code, path }) => `${code} ${path}`).sort();

describe('times that users have set on the server', () => {
  it('restore brings every file back, with its time', async () => {
    await withServer(async (_, archive, to) => {
      assert.deepEqual(counts(await archive.restore(['.'], { to })), { scanned: 3, copied: 3 });
      for (const name of names) {
        assert.equal(await readFile(join(to, name), 'utf8'), `bytes of ${name}`);
        const { mtimeMs } = await stat(join(to, name));
        assert.equal(mtimeMs, times[name] * 1000, name);
      }
    });
  });

  it('so it does by name, and between times', async () => {
    await withServer(async (_, archive, to) => {
      for (const name of names)
        assert.deepEqual(counts(await archive.restore([name], { to })), { scanned: 1, copied: 1 }, name);
      const since = new Date(0);
      const report = await archive.restore(['.'], { to, since, until: new Date() });
      assert.deepEqual(counts(report), { scanned: 1, kept: 1 });
    });
  });

  it('ls tells them', async () => {
    await withServer(async (server) => {
      const args = ['--target', server.urlOf('/archive')];
      const long = await cli(['ls', '-l', ...args], { env: { TZ: 'UTC' } });
      assert.equal(long.code, 0, long.stderr);
      assert.match(long.stdout, /1969-12-31 23:59:59 {2}early\n/);
      assert.match(long.stdout, /2400-01-01 00:00:00 {2}late\n/);
      const json = await cli(['ls', '--json', ...args]);
      assert.equal(json.code, 0, json.stderr);
      assert.match(json.stdout, /"mtime":"1969-12-31T23:59:59.000Z"/);
    });
  });

  it('such files are staged and evicted, and keep their times', async () => {
    const records = names.map((name): [string, number] => [name, 500]);
    await withBuffered({}, records, async (bench) => {
      const { sandbox } = bench;
      for (const name of names)
        for (const copy of [sandbox.diskPath(name), sandbox.tapePath(name)]) setTime(copy, times[name]);
      const archive = bench.archive(quick);
      assert.deepEqual(counts(await archive.evict(['.'])), { scanned: 3, evicted: 3 });
      await allOffline(bench, records);
      assert.deepEqual(counts(await archive.stage(['.'], { wait: true })), { scanned: 3, staged: 3 });
      for (const name of names)
        assert.equal((await stat(sandbox.diskPath(name))).mtimeMs, times[name] * 1000, name);
    });
  });

  it('retention on a server goes on, and leaves what has no time', async () => {
    await using other = await TapeSandbox.start({ tapeFlags: false });
    await withSharedArchive(async (bench) => {
      for (const name of names) await writeRecord(bench.cache, name, 1000);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      await bench.pass({ autoRemove: 'cached', targetUrl: other.url, catalogue: false });
      for (const name of names) setTime(other.diskPath(name), times[name]);
      await utimes(other.diskPath('usual'), cut - 1, cut - 1);
      const report = await pass(bench, { onlineUrl: other.url });
      assert.deepEqual(counts(report), { scanned: 3, removed: 1, kept: 2 });
      assert.deepEqual(report.keptReasons, {
        'its time of change is not known': 1,
        'not past retention': 1,
      });
      assert.deepEqual(
        names.map((name) => existsSync(other.diskPath(name))),
        [true, true, false],
      );
    });
  });

  it('a copy that was cut, with such a time, is made again', async () => {
    for (const time of [-1, year2400])
      await withSharedArchive(async (bench) => {
        await writeRecord(bench.cache, 'r', 1000);
        const bytes = await readFile(join(bench.cache, 'r'));
        await writeFile(bench.sandbox.diskPath('r'), bytes.subarray(0, 100));
        execFileSync('chmod', ['666', bench.sandbox.diskPath('r')]);
        setTime(bench.sandbox.diskPath('r'), time);
        const report = await bench.pass({ autoRemove: 'never' });
        assert.deepEqual(counts(report), { scanned: 1, copied: 1 }, String(time));
        assert.deepEqual(await readFile(bench.sandbox.diskPath('r')), bytes);
      });
  });
});

describe('times that no Date holds', () => {
  it('restore brings such files back, with the time of now', async () => {
    await withServer(async (server, _, to) => {
      const before = Date.now();
      const report = await restoreTimeless(server, to, {});
      assert.deepEqual(counts(report), { scanned: 3, copied: 3 });
      for (const name of names) assert.ok((await stat(join(to, name))).mtimeMs > before - 1000, name);
    });
  });

  it('where a time was asked for, they are told', async () => {
    await withServer(async (server, _, to) => {
      for (const bounds of [{ since: new Date(0) }, { until: new Date() }]) {
        const report = await restoreTimeless(server, to, bounds);
        assert.deepEqual(counts(report), { scanned: 3, failed: 3 });
        assert.deepEqual(told(report), ['BadTime early', 'BadTime late', 'BadTime usual']);
      }
      assert.deepEqual(await recordsIn(to), []);
    });
  });

  it('a listing of them is JSON', async () => {
    await withServer(async (server) => {
      const store = timeless(openStore(resolveOptions({ targetUrl: server.urlOf('/archive') })));
      for (const item of await collect(list(store, [], 10)))
        assert.match(JSON.stringify(item), /"mtime":null/);
    });
  });

  it('retention on a server lists them, and opens none: no change of them could be seen', async () => {
    await withServer(async (server) => {
      const url = server.urlOf('/archive');
      const config = resolveOptions({ targetUrl: 'root://127.0.0.1:1//target' });
      const { logger } = keepingLogger();
      const store = timeless(openStore(resolveOptions({ targetUrl: url })));
      const dependencies = { config, logger, events: new EventBus(logger), open: () => store };
      const run = new JobRun(store, dependencies, { job: 'retention', place: url, signal: undefined });
      const online = new OnlineServer(parseTarget(url), store, run, { config, target: store, logger });
      const files = await collect(online.files());
      assert.deepEqual(files.map(({ path }) => path).sort(), [...names].sort());
      const rules = { held: selector({ paths: [] }), cutoff: new Date() };
      for (const file of files) {
        const age = ageOf(file, { ...rules, dateOf: undefined });
        assert.deepEqual(age, { past: false, reason: RETAINED.timeless });
        // Past retention by the date in its path, perhaps.
        await assert.rejects(online.open(file), { message: RETAINED.timeless });
      }
    });
  });

  it('two names of one directory are found out', async () => {
    await withServer(async (server) => {
      const [online, target] = ['127.0.0.1', 'localhost'].map((host) => {
        const targetUrl = server.urlOf('/archive').replace('127.0.0.1', host);
        return { url: targetUrl, store: timelessAround(openStore(resolveOptions({ targetUrl }))) };
      });
      assert.ok(online && target);
      const separate = new SeparateServers({
        ...{ online: online.store, target: target.store, place: online.url, targetUrl: target.url },
        ...{ logger: keepingLogger().logger, signal: new AbortController().signal },
      });
      await assert.rejects(separate.checkSurroundings(), /are one directory/);
    });
  });

  it('a record is never remembered as compared: it could have changed', async () => {
    await withTemp(async (directory) => {
      const root = await CacheDirectory.openRoot(directory);
      try {
        const memo = await VerifiedMemo.load(root, 'scope');
        const identity = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n };
        for (const [mtime, known] of [
          [new Date(-1000), 'proven'],
          [new Date(NaN), undefined],
        ] as const) {
          memo.add({ path: 'r', identity }, { size: 3, mtime }, true);
          assert.equal(memo.recall({ path: 'r', identity }, { size: 3, mtime }), known);
        }
      } finally {
        await root.close();
      }
    });
  });
});
