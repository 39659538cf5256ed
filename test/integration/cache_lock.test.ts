import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  acquireLock,
  acquireServiceLock,
  awaitLock,
  LockedError,
  type PassLock,
} from '../../lib/cache/lock.js';
import { removeLockFiles } from '../../lib/cache/lock_removal.js';
import { LOCK_NAME, SERVICE_LOCK_NAME } from '../../lib/cache/own_files.js';
import { ConfigError } from '../../lib/config/errors.js';
import { asOrdinaryUser } from '../support/ordinary_user.js';
import { fillBlocks, fillInodes, freeInode, withSmallDisk } from '../support/small_disk.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

async function holder(...args: string[]): Promise<{ child: ChildProcess; said: string }> {
  const file = path.join(import.meta.dirname, 'children/hold_lock.js');
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

/** Another process has it once we have let go of it; then it is ours only when that has died. */
async function holderElsewhere(held: PassLock[], cache: string): Promise<{ child: ChildProcess }> {
  for (const lock of held) await lock.release();
  const { child } = await holder(cache);
  await assert.rejects(acquireLock(cache), (error: unknown) => error instanceof LockedError);
  return { child };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}

describe('the lock of a pass (S10)', () => {
  it('excludes a second one in the same process, by whatever path', async () => {
    await withTemp(async (directory) => {
      const cache = path.join(directory, 'cache');
      mkdirSync(cache);
      symlinkSync('cache', path.join(directory, 'alias'));
      const lock = await acquireLock(cache);
      await assert.rejects(acquireLock(path.join(directory, 'alias')), (error: unknown) => {
        assert.ok(error instanceof LockedError);
        assert.equal(error.holder.pid, process.pid);
        assert.equal(error.exitCode, 4);
        assert.match(
          error.message,
          new RegExp(`another pass is running: process ${process.pid} holds .*since 20`),
        );
        return true;
      });
      await lock.release();
      await lock.release();
      await (await acquireLock(cache)).release();
      assert.match(readFileSync(path.join(cache, LOCK_NAME), 'utf8'), /^pid \d+\nhost \S+\nstarted 20.*Z\n$/);
    });
  });

  it('excludes another process, names it, and dies with it', async () => {
    await withTemp(async (cache) => {
      const { child } = await holder(cache);
      try {
        await assert.rejects(
          acquireLock(cache),
          (error: unknown) => error instanceof LockedError && error.holder.pid === child.pid,
        );
      } finally {
        await kill(child);
      }
      await (await acquireLock(cache)).release();
    });
  });

  it('isn’t inherited by children of its process', async () => {
    await withTemp(async (cache) => {
      const { child, said } = await holder(cache, 'with a child');
      const orphan = Number(said);
      try {
        await kill(child);
        // A child has our descriptors until its program begins, and a busy machine may not have let it begin yet.
        await until(async () => {
          process.kill(orphan, 0);
          try {
            await (await acquireLock(cache)).release();
            return true;
          } catch (error) {
            if (error instanceof LockedError) return false;
            throw error;
          }
        });
      } finally {
        process.kill(orphan, 'SIGKILL');
      }
    });
  });

  it('holds worker_file_path as well, and either is enough to exclude', async () => {
    await withTemp(async (directory) => {
      const [one, other] = [path.join(directory, 'one'), path.join(directory, 'other')];
      mkdirSync(one);
      mkdirSync(other);
      const worker = path.join(directory, 'worker.pid');
      writeFileSync(worker, '4711\n');
      const lock = await acquireLock(one, worker);
      assert.deepEqual(lock.files, [path.join(one, LOCK_NAME), worker]);
      await assert.rejects(acquireLock(one, path.join(directory, 'else.pid')), { name: 'LockedError' });
      await assert.rejects(acquireLock(other, worker), { name: 'LockedError' });
      await (await acquireLock(other)).release();
      await lock.release();
      await (await acquireLock(other, worker)).release();
    });
  });

  it('is shared by shards of one count, each of them once', async () => {
    await withTemp(async (cache) => {
      const worker = path.join(cache, 'worker.pid');
      const shard = (index: number, count: number) => acquireLock(cache, worker, { index, count });
      // All at once: one of them finds nobody and writes the count.
      const locks = await Promise.all([0, 1, 2, 3].map((index) => shard(index, 4)));
      assert.deepEqual(locks[3]?.files, [
        path.join(cache, LOCK_NAME),
        worker,
        path.join(cache, `${LOCK_NAME}.3-of-4`),
      ]);
      const refused = [acquireLock(cache), acquireLock(cache, worker), shard(2, 4), shard(2, 3), shard(0, 1)];
      for (const attempt of await Promise.allSettled(refused))
        assert.ok(attempt.status === 'rejected' && attempt.reason instanceof LockedError);
      await assert.rejects(shard(2, 4), (error: LockedError) => error.holder.pid === process.pid);
      await assert.rejects(shard(2, 3), {
        message: /another pass is running: one of 4 shards holds .* since 20/,
      });
      await locks[2]?.release();
      await (await shard(2, 4)).release();
      for (const lock of locks) await lock.release();
      const alone = await acquireLock(cache);
      await assert.rejects(shard(0, 4), (error: LockedError) => error.holder.shards === undefined);
      await alone.release();
      await (await shard(2, 3)).release();
    });
  });

  it('of two counts that come at once one is let in', async () => {
    await withTemp(async (cache) => {
      const shards = [3, 4].flatMap((count) => [0, 1, 2].map((index) => ({ index, count })));
      const attempts = await Promise.allSettled(shards.map((shard) => acquireLock(cache, undefined, shard)));
      const counts = shards.filter((_, i) => attempts[i]?.status === 'fulfilled').map(({ count }) => count);
      assert.ok(counts.length === 3 && new Set(counts).size === 1, counts.join(' '));
      for (const attempt of attempts) if (attempt.status === 'fulfilled') await attempt.value.release();
    });
  });

  it('of a shard goes with its process, also when that was the first', async () => {
    await withTemp(async (cache) => {
      const { child } = await holder(cache, '--shard', '0', '4');
      const other = await acquireLock(cache, undefined, { index: 1, count: 4 });
      try {
        await assert.rejects(
          acquireLock(cache, undefined, { index: 0, count: 4 }),
          (error: unknown) => error instanceof LockedError && error.holder.pid === child.pid,
        );
      } finally {
        await kill(child);
      }
      const again = await acquireLock(cache, undefined, { index: 0, count: 4 });
      await assert.rejects(acquireLock(cache, undefined, { index: 0, count: 3 }), { name: 'LockedError' });
      await Promise.all([again.release(), other.release()]);
      await (await acquireLock(cache, undefined, { index: 0, count: 3 })).release();
    });
  });

  it('is waited for until its holder has gone, who is named once', async () => {
    await withTemp(async (cache) => {
      const { child } = await holder(cache);
      const told: LockedError[] = [];
      let killed: Promise<void> | undefined;
      const onWait = (why: LockedError) => {
        told.push(why);
        killed = kill(child);
      };
      const lock = await awaitLock(cache, undefined, undefined, { signal: undefined, onWait });
      await assert.rejects(acquireLock(cache), { name: 'LockedError' });
      await lock.release();
      await killed;
      assert.deepEqual(
        told.map((why) => why.holder.pid),
        [child.pid],
      );
    });
  });

  it('is waited for no longer than the signal says', async () => {
    await withTemp(async (cache) => {
      const lock = await acquireLock(cache);
      const stop = new AbortController();
      const onWait = () => {
        stop.abort();
      };
      await assert.rejects(awaitLock(cache, undefined, undefined, { signal: stop.signal, onWait }), {
        name: 'AbortError',
      });
      await lock.release();
      await (await acquireLock(cache)).release();
    });
  });

  it('of the service is another one, so that passes by hand run beside it', async () => {
    await withTemp(async (cache) => {
      const service = await acquireServiceLock(cache);
      assert.deepEqual(service.files, [path.join(cache, SERVICE_LOCK_NAME)]);
      await assert.rejects(acquireServiceLock(cache), {
        message: new RegExp(`^another service is running: process ${process.pid} holds .* since 20`),
      });
      await (await acquireLock(cache)).release();
      await service.release();
      await service.release();
      await (await acquireServiceLock(cache)).release();
    });
  });

  it('whose files are removed when nobody holds them still excludes', async () => {
    await withTemp(async (directory) => {
      const inside = { alone: 0, shards: new Set<number>() };
      const seen = { alone: 0, shards: 0, together: 0, refused: 0 };
      const allSeen = () => seen.alone > 0 && seen.together > 0 && seen.refused > 0;
      const worker = async (index: number) => {
        for (let round = 0; round < 60 || !allSeen(); round += 1) {
          const shard = (round + index) % 3 > 0 ? { index: index % 4, count: 4 } : undefined;
          const lock = await acquireLock(directory, undefined, shard).catch((error: unknown) => {
            assert.ok(error instanceof LockedError, String(error));
            seen.refused += 1;
          });
          if (lock === undefined) {
            await setImmediate();
            continue;
          }
          if (shard === undefined) {
            inside.alone += 1;
            seen.alone += 1;
            assert.deepEqual([inside.alone, inside.shards.size], [1, 0]);
          } else {
            assert.ok(inside.alone === 0 && !inside.shards.has(shard.index));
            inside.shards.add(shard.index);
            seen.shards += 1;
            if (inside.shards.size > 1) seen.together += 1;
          }
          await setImmediate();
          // They are there as long as somebody holds them.
          assert.deepEqual(
            lock.files.filter((file) => !existsSync(file)),
            [],
          );
          if (shard === undefined) inside.alone -= 1;
          else inside.shards.delete(shard.index);
          await lock.release();
          await removeLockFiles(lock.files);
        }
      };
      await Promise.all([0, 1, 2, 3, 4, 5].map(worker));
      assert.deepEqual(readdirSync(directory), []);
      console.log(`      ${JSON.stringify(seen)}`);
      assert.ok(allSeen());
    });
  });

  it('is had by who waits for it, though its files are removed meanwhile', async () => {
    await withTemp(async (directory) => {
      const first = await acquireLock(directory);
      let waits: () => void;
      const waiting = new Promise<void>((resolve) => (waits = resolve));
      const second = awaitLock(directory, undefined, undefined, { signal: undefined, onWait: () => waits() });
      await waiting;
      await first.release();
      await removeLockFiles(first.files);
      const lock = await second;
      await assert.rejects(acquireLock(directory), { name: 'LockedError' });
      // Nobody takes away what is held.
      await removeLockFiles(lock.files);
      await assert.rejects(acquireLock(directory), { name: 'LockedError' });
      await lock.release();
      await removeLockFiles(lock.files);
      await removeLockFiles(lock.files);
      assert.deepEqual(readdirSync(directory), []);
    });
  });

  it('never writes over a file that is no lock file', async () => {
    await withTemp(async (directory) => {
      const cache = path.join(directory, 'cache');
      mkdirSync(cache);
      const precious = path.join(directory, 'precious');
      writeFileSync(precious, 'results of ten years');
      symlinkSync(precious, path.join(directory, 'link'));
      for (const name of ['precious', 'link', 'cache', 'missing/lock'])
        await assert.rejects(acquireLock(cache, path.join(directory, name)), (error: unknown) => {
          assert.ok(error instanceof ConfigError, String(error));
          assert.equal(error.problems[0]?.key, 'workerFilePath');
          return true;
        });
      assert.equal(readFileSync(precious, 'utf8'), 'results of ten years');
      await (await acquireLock(cache)).release();
    });
  });

  it('on a full disk is taken without the text', async function () {
    await withSmallDisk(this, 'size=256k', async (cache) => {
      fillBlocks(cache);
      for (const acquire of [() => acquireLock(cache), () => acquireServiceLock(cache)]) {
        const lock = await acquire();
        await assert.rejects(acquire(), (error: unknown) => {
          assert.ok(error instanceof LockedError);
          assert.deepEqual(error.holder, {});
          return true;
        });
        await lock.release();
      }
      // A text of an earlier holder would name the wrong one.
      const file = path.join(cache, LOCK_NAME);
      unlinkSync(path.join(cache, 'filler'));
      await (await acquireLock(cache)).release();
      assert.match(readFileSync(file, 'utf8'), /^pid \d+\n/);
      fillBlocks(cache);
      const again = await acquireLock(cache);
      await assert.rejects(
        acquireLock(cache),
        (error: unknown) => error instanceof LockedError && error.holder.pid === process.pid,
      );
      await again.release();
    });
  });

  it('on a disk without room for its file excludes, and is excluded, all the same', async function () {
    await withSmallDisk(this, 'size=1m,nr_inodes=40', async (cache) => {
      fillInodes(cache);
      for (const [acquire, name] of [
        [() => acquireLock(cache), LOCK_NAME],
        [() => acquireServiceLock(cache), SERVICE_LOCK_NAME],
      ] as const) {
        const refused = () => assert.rejects(acquire(), (error: unknown) => error instanceof LockedError);
        const without = await acquire();
        await refused();
        freeInode(cache);
        await refused();
        await without.release();
        const beside = await acquire();
        // Whoever still has no room for the file is kept out by one who had.
        unlinkSync(path.join(cache, name));
        fillInodes(cache);
        await refused();
        await beside.release();
        fillInodes(cache);
        await (await acquire()).release();
      }
      const all = await Promise.allSettled(Array.from({ length: 4 }, () => acquireLock(cache)));
      const held = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      assert.equal(held.length, 1);
      const { child } = await holderElsewhere(held, cache);
      await kill(child);
      await (await acquireLock(cache)).release();
      await assert.rejects(acquireLock(cache, undefined, { index: 0, count: 2 }), (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /the lock file .* can't be opened: ENOSPC/);
        return true;
      });
    });
  });

  it('of a shard needs a disk that takes the count, unless it stands there already', async function () {
    await withSmallDisk(this, 'size=256k', async (cache) => {
      fillBlocks(cache);
      await assert.rejects(acquireLock(cache, undefined, { index: 0, count: 2 }), (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /can't hold the number of shards: ENOSPC.*a pass without --shard/);
        return true;
      });
      unlinkSync(path.join(cache, 'filler'));
      await (await acquireLock(cache, undefined, { index: 0, count: 2 })).release();
      fillBlocks(cache);
      const locks = await Promise.all(
        [0, 1].map((index) => acquireLock(cache, undefined, { index, count: 2 })),
      );
      for (const lock of locks) await lock.release();
      await (await acquireLock(cache)).release();
    });
  });

  it('is a configuration error where the file can’t be written', async () => {
    if (process.getuid?.() !== 0) return;
    await withTemp(async (cache) => {
      const attempt = `const { acquireLock } = await import(LIB + 'cache/lock.js');
        return acquireLock(${JSON.stringify(cache)}).then(() => 'locked', (error) => error.name + ' ' + error.message);`;
      chmodSync(cache, 0o755);
      assert.match(
        String(await asOrdinaryUser(attempt)),
        /^ConfigError cacheDirectory: the lock file .* can't be opened: EACCES/,
      );
      writeFileSync(path.join(cache, LOCK_NAME), '', { mode: 0o644 });
      assert.match(String(await asOrdinaryUser(attempt)), /^ConfigError cacheDirectory: .*EACCES/);
    });
  });
});
