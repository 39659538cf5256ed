/** `waitUntilOnTape`: resolves only when the very records are on tape. */
import assert from 'node:assert/strict';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { captureName } from '../../lib/cache/own_files.js';
import { ConfigError, NotOnTapeError, XRootDError, type Archive } from '../../lib/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { untilOnTape } from '../../lib/jobs/verify/until_on_tape.js';
import { openStore } from '../../lib/remote/open_store.js';
import { keepingLogger, withArchive, withSharedArchive } from '../support/archive.js';
import { flipBit } from '../support/damage.js';
import { bytesOf, writeRecord } from '../support/records.js';

const quick = { stagePollMinSeconds: 0.1, stagePollMaxSeconds: 0.3 };

async function refused(waiting: Promise<unknown>): Promise<NotOnTapeError> {
  const error: unknown = await waiting.catch((failure: unknown) => failure);
  assert.ok(error instanceof NotOnTapeError, String(error));
  return error;
}

async function codesOf(it: Archive, paths: string[], deadlineSeconds: number): Promise<string[]> {
  const { failures } = await refused(it.waitUntilOnTape(paths, { deadlineSeconds }));
  return failures.map(({ path, code }) => `${path} ${code}`).sort();
}

describe('waitUntilOnTape', () => {
  it('resolves once all are on tape, those in the cache and those that have left it', async () => {
    await withArchive({ migrationDelay: 1 }, async ({ cache, archive }) => {
      for (const name of ['here', 'gone/1', 'gone/2']) await writeRecord(cache, name, 2000);
      const it = archive({ ...quick, autoRemove: 'cached' });
      await it.backup({ paths: ['gone'] });
      await archive({ autoRemove: 'never' }).backup();
      const onTape = await it.waitUntilOnTape(['here', 'gone/1', './gone//2', 'here']);
      assert.deepEqual(
        onTape,
        ['here', 'gone/1', 'gone/2'].map((path) => ({ path, size: 2000 })),
      );
      // Another process is just removing it, or a crash left it so.
      await rename(join(cache, 'here'), join(cache, captureName('here')));
      assert.deepEqual(await it.waitUntilOnTape(['here']), [{ path: 'here', size: 2000 }]);
      // By the catalogue alone, without a cache to look into.
      const { cacheDirectory: _, ...config } = it.config;
      assert.deepEqual(await codesOf(archive({ ...config, catalogue: false }), ['gone/1'], 5), [
        'gone/1 NotFound',
      ]);
    });
  });

  it('proves a large record that tape took at once, of which no server is asked for a checksum yet', async () => {
    await withArchive({ migrationDelay: 0 }, async ({ cache, archive }) => {
      await writeRecord(cache, 'r', 2 ** 21);
      const it = archive({ ...quick, autoRemove: 'cached' });
      await it.backup({ paths: ['r'] });
      assert.deepEqual(await it.waitUntilOnTape(['r']), [{ path: 'r', size: 2 ** 21 }]);
    });
  });

  it('a flag proves nothing of other bytes: what differs from the cache or the catalogue is told', async () => {
    await withSharedArchive(async ({ sandbox, cache, pass, archive }) => {
      for (const name of ['good', 'changed', 'bad', 'longer']) await writeRecord(cache, name, 2000);
      await pass({ autoRemove: 'never' });
      await sandbox.migrateAll();
      // Another record has the name by now; the server's file was changed behind our back.
      await writeFile(join(cache, 'changed'), Buffer.alloc(2000, 1));
      for (const name of ['bad', 'longer']) await rm(join(cache, name));
      await sandbox.corrupt('bad', { copy: 'both' });
      await writeFile(sandbox.diskPath('longer'), Buffer.alloc(2001));
      const it = archive(quick);
      const error = await refused(it.waitUntilOnTape(['good', 'changed', 'bad'], { deadlineSeconds: 10 }));
      assert.deepEqual(error.failures.map(({ path, code }) => `${path} ${code}`).sort(), [
        'bad Conflict',
        'changed Conflict',
      ]);
      assert.deepEqual(error.onTape, [{ path: 'good', size: 2000 }]);
      assert.match(error.message, /^2 records of 3 not proven on tape: /);
    });
  });

  it('compares bytes whatever verify says, and says so where the catalogue cannot be used', async () => {
    await withSharedArchive(async ({ sandbox, cache, pass, archive }) => {
      for (const name of ['here', 'gone']) await writeRecord(cache, name, 2000);
      await pass({ autoRemove: 'never' });
      await sandbox.migrateAll();
      await rm(join(cache, 'gone'));
      for (const name of ['here', 'gone']) await sandbox.corrupt(name, { copy: 'both' });
      const it = archive({ ...quick, verify: 'size' });
      assert.deepEqual(await codesOf(it, ['here', 'gone'], 10), ['gone Conflict', 'here Conflict']);
      await writeFile(join(cache, '.xrootd-archive.catalogue'), 'rubbish'.repeat(1000));
      const { failures } = await refused(it.waitUntilOnTape(['gone'], { deadlineSeconds: 10 }));
      assert.deepEqual([failures[0]?.code, failures.length], ['Unverified', 1]);
      assert.match(failures[0]?.message ?? '', /catalogue.* is damaged/);
    });
  });

  it('a record that is damaged in the cache is told at once: no later poll would find it better', async () => {
    await withSharedArchive(async ({ sandbox, cache, archive, pass }) => {
      const it = archive(quick);
      await it.put('r', bytesOf('r', 2000));
      await pass({ autoRemove: 'never' });
      await sandbox.migrateAll();
      flipBit(join(cache, 'r'));
      assert.deepEqual(await codesOf(it, ['r'], 10), ['r DamagedInCache']);
    });
  });

  for (const where of ['in the cache', 'gone from the cache'])
    it(`${where}: a file that takes the place of the one on tape while that is compared proves nothing`, async () => {
      await withSharedArchive(async ({ sandbox, cache, pass, archive }) => {
        await writeRecord(cache, 'r', 2000);
        await pass({ autoRemove: 'never' });
        await sandbox.migrateAll();
        if (where !== 'in the cache') await rm(join(cache, 'r'));
        const { config } = archive(quick);
        const { logger } = keepingLogger();
        const store = openStore(config);
        let polls = 0;
        const open = () => ({
          ...store,
          statMany: async (names: readonly string[], signal?: AbortSignal) => {
            const stats = await store.statMany(names, signal);
            polls += 1;
            if (polls === 1) {
              // The same bytes, and not on tape.
              const disk = sandbox.diskPath('r');
              await rm(disk);
              await writeFile(disk, bytesOf('r', 2000));
              await chmod(disk, 0o666);
            }
            return stats;
          },
        });
        const options = { deadlineSeconds: 1 };
        const dependencies = { config, logger, events: new EventBus(logger), open };
        const { failures } = await refused(untilOnTape(dependencies, ['r'], options));
        assert.deepEqual([failures[0]?.code, (await sandbox.stateOf('r'))?.onTape], ['TapeTimeout', false]);
        assert.ok(polls > 1, `${polls} polls`);
      });
    });

  it('waits until the deadline for what is not on tape, not there, or not known; an abort ends it', async () => {
    await withSharedArchive(async ({ cache, pass, archive }) => {
      for (const name of ['waits', 'new']) await writeRecord(cache, name, 2000);
      await pass({ autoRemove: 'never', exclude: 'new' });
      const it = archive(quick);
      assert.deepEqual(await codesOf(it, ['waits', 'new', 'unheard'], 0.5), [
        'new TapeTimeout',
        'unheard TapeTimeout',
        'waits TapeTimeout',
      ]);
      const stop = new AbortController();
      const waiting = it.waitUntilOnTape(['waits'], { signal: stop.signal });
      const reason = new Error('enough');
      stop.abort(reason);
      await assert.rejects(waiting, reason);
      assert.deepEqual(await it.waitUntilOnTape([]), []);
    });
  });

  it('refuses what names no record, and options that are not there', async () => {
    await withSharedArchive(async ({ archive }) => {
      // Names that no record can have would be waited for in vain.
      const never = ['a?b', 'a\nb', 'a/.xrootd-archive.b', 'a'.repeat(256)].map((name) => [name]);
      for (const paths of [['.'], ['/a'], ['a/../b'], [''], [7], ...never])
        await assert.rejects(
          archive().waitUntilOnTape(paths as string[], { deadlineSeconds: 0 }),
          ConfigError,
          JSON.stringify(paths),
        );
      await assert.rejects(archive().waitUntilOnTape('a' as unknown as string[]), ConfigError);
      await assert.rejects(archive().waitUntilOnTape(['a'], { deadline: 1 } as object), ConfigError);
      await assert.rejects(archive().waitUntilOnTape(['a'], { deadlineSeconds: -1 }), ConfigError);
    });
  });

  it('outlives a server that restarts, and says so when it is gone for good', async () => {
    await withArchive({ migrationDelay: 'never' }, async ({ sandbox, cache, pass, archive }) => {
      await writeRecord(cache, 'r', 2000);
      await pass({ autoRemove: 'never' });
      const { config } = archive({ ...quick, requestTimeoutSeconds: 2 });
      const { logger } = keepingLogger();
      let poll = 0;
      /** Does something before each poll. */
      const waiting = (before: (poll: number) => Promise<unknown>) => {
        const store = openStore(config);
        poll = 0;
        const open = () => ({
          ...store,
          statMany: async (names: readonly string[], signal?: AbortSignal) => {
            await before((poll += 1));
            return await store.statMany(names, signal);
          },
        });
        return untilOnTape({ config, logger, events: new EventBus(logger), open }, ['r']);
      };
      const onTape = await waiting(async (number) => {
        if (number === 2) await sandbox.kill();
        if (number !== 4) return;
        await sandbox.restart();
        await sandbox.migrateAll();
      });
      assert.deepEqual([onTape, poll], [[{ path: 'r', size: 2000 }], 4]);
      await assert.rejects(
        waiting(() => sandbox.kill()),
        (error) => error instanceof XRootDError && error.isConnectionFailure,
      );
      assert.equal(poll, 3);
    });
  });
});
