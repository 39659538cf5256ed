/** A server can list an entry twice: one that joins the listings of several data servers does. It still is one file. */
import assert from 'node:assert/strict';
import { chmod, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { parseTarget } from '../../lib/config/index.js';
import { Stager } from '../../lib/jobs/staging/stager.js';
import type { ArchiveOptions, Report } from '../../lib/index.js';
import type { JobEvent } from '../../lib/jobs/events/events.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { assertAddsUp, collect, counts, keepingLogger, recordsIn } from '../support/archive.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { Relay, type ListedEntry } from '../support/relay.js';
import { archiveOf } from '../support/server_on.js';
import { quick, until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const size = 1000;
const names = ['a', 'd/a', 'd/b', 'd/e/a'];

describe('a server that lists entries twice', () => {
  let sandbox: TapeSandbox;
  let relay: Relay;
  let base = 0;

  before(async () => {
    sandbox = await TapeSandbox.start({ migrationDelay: 'never' });
    relay = await Relay.start(`root://${sandbox.host}`);
  });
  after(async () => {
    relay.stop();
    await sandbox.stop();
  });
  beforeEach(async () => {
    base += 1;
    await writeAll(sandbox.diskPath(String(base)));
    await sandbox.migrateAll();
    relay.doubleListings();
  });
  afterEach(() => {
    relay.release();
  });

  /** The server runs as another user, and makes and removes things there. */
  async function writeAll(directory: string): Promise<void> {
    for (const name of names) await writeRecord(directory, name, size);
    for (const each of ['', 'd', 'd/e']) await chmod(join(directory, each), 0o777);
  }

  const below = (name: string) => `${base}/${name}`;
  const url = () => `${relay.url}/${sandbox.basePath}/${base}`;
  const archive = (options: Partial<ArchiveOptions> = {}) =>
    archiveOf({ targetUrl: url(), ...quick, ...options }).archive;
  const store = () => new XRootDStore(parseTarget(url()), { request: 20, checksum: 20 });
  const paths = async (directory: string) =>
    (await collect(store().list(directory))).map(({ path }) => path).sort();
  const allOffline = async () => {
    await sandbox.evict(names.map(below));
    const states = () => Promise.all(names.map((name) => sandbox.stateOf(below(name))));
    await until(async () => (await states()).every((state) => state?.offline === true));
  };
  const reported = (report: Report) => {
    assertAddsUp(report);
    return counts(report);
  };

  it('a store gives each once', async () => {
    assert.deepEqual(await paths(''), ['a', 'd']);
    assert.deepEqual(await paths('d'), ['d/a', 'd/b', 'd/e']);
    assert.deepEqual([...((await store().listStats('d', 100))?.keys() ?? [])].sort(), ['d/a', 'd/b', 'd/e']);
  });

  it('and tells of one that is a file here and a directory there', async () => {
    const other = (entry: ListedEntry): ListedEntry =>
      entry.name === 'a' ? { ...entry, stat: entry.stat.replace(/^(\S+ \S+) \d+/, '$1 51') } : entry;
    relay.doubleListings(other);
    const entries = await collect(store().list(''));
    const problem = 'is listed as a file and as a directory';
    assert.deepEqual(entries.map(({ path, problem }) => [path, problem]).sort(), [
      ['a', undefined],
      ['a', problem],
      ['d', undefined],
    ]);
  });

  it('a listing says nothing of a file whose entries differ', async () => {
    relay.doubleListings((entry) =>
      entry.name === 'a' ? { ...entry, stat: entry.stat.replace(/^(\S+) \d+/, '$1 999') } : entry,
    );
    assert.deepEqual([...((await store().listStats('d', 100))?.keys() ?? [])].sort(), ['d/b', 'd/e']);
  });

  it('restore: offline ones come, each once', async () => {
    await allOffline();
    await withTemp(async (to) => {
      const report = await archive().restore(['.'], { to });
      assert.deepEqual(reported(report), { scanned: 4, copied: 4 });
      assert.deepEqual(await recordsIn(to), names);
      for (const name of names) assert.ok(await holdsRecord(join(to, name), name, size));
    });
  });

  it('a stager that is asked for a file twice answers both', async () => {
    await allOffline();
    const { config } = archive();
    const { logger } = keepingLogger();
    const stop = new AbortController();
    const asked: string[][] = [];
    const emit = (event: JobEvent) => {
      if (event.type === 'stage:requested') asked.push(event.paths);
    };
    const stager = new Stager({ config, store: store(), emit, logger, signal: stop.signal });
    const [early, other] = [stager.online('a', size), stager.online('d/a', size)];
    const late = stager.online('a', size);
    assert.equal(stager.waiting, 2);
    await Promise.all([early, late, other]);
    assert.deepEqual(asked, [['a', 'd/a']]);
    for (const name of ['a', 'd/a']) stager.release(name);
    const again = [stager.online('d/b', size), stager.online('d/b', size)];
    stop.abort(new Error('enough'));
    for (const each of again) await assert.rejects(each, { message: 'enough' });
    await stager.idle();
  });

  it('stage, evict, ls: they count each once', async () => {
    await allOffline();
    assert.deepEqual(reported(await archive().stage(['.'], { wait: true })), { scanned: 4, staged: 4 });
    assert.deepEqual(reported(await archive().evict(['.'])), { scanned: 4, evicted: 4 });
    assert.deepEqual(reported(await archive().stage(['.'])), { scanned: 4, requested: 4 });
    const listed = await collect(archive().ls([], { recursive: true }));
    assert.deepEqual(listed.map(({ path }) => path).sort(), ['a', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a']);
  });

  it('drill: none is drawn twice', async () => {
    await allOffline();
    const report = await archive().drill(['.'], { files: 10 });
    assert.deepEqual(reported(report), { scanned: 4, verified: 4, evicted: 4 });
  });

  it('retention of files on such a server: none is removed twice', async () => {
    await using online = await TapeSandbox.start({ tapeFlags: false });
    const behind = await Relay.start(`root://${online.host}`);
    try {
      await writeAll(online.diskPath('b'));
      for (const name of names) await utimes(online.diskPath(`b/${name}`), 1e9, 1e9);
      behind.doubleListings();
      await withTemp(async (cacheDirectory) => {
        const retention = { onlineUrl: `${behind.url}/${online.basePath}/b`, period: 'P3Y' };
        const more = { cacheDirectory, unfinishedAfterSeconds: 0, retention };
        const report = await archive(more).retention({ confirm: true });
        assert.deepEqual(reported(report), { scanned: 4, removed: 4 });
      });
    } finally {
      behind.stop();
    }
  });

  it('backup and verify: the same', async () => {
    await withTemp(async (cacheDirectory) => {
      await writeAll(cacheDirectory);
      const more = { cacheDirectory, autoRemove: 'never' } as const;
      assert.deepEqual(reported(await archive(more).backup()), { scanned: 4, kept: 4 });
      assert.deepEqual(reported(await archive(more).verify()), { scanned: 4, verified: 4 });
    });
  });
});
