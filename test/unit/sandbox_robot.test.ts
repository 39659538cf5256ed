/** The sandbox's robot, without a server: what clients ask for in the middle of an eviction. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolveOptions } from '../../lib/sandbox/options.js';
import type { PrepareKind } from '../../lib/sandbox/prepare_channel.js';
import { TapeRobot } from '../../lib/sandbox/robot.js';
import type { TapeStore } from '../../lib/sandbox/tape_store.js';
import { until } from '../support/tape.js';
import { withTapeStore } from '../support/tape_store.js';

describe('TapeRobot', () => {
  const options = resolveOptions({ migrationDelay: 'never' });
  const path = `${options.basePath}/f`;

  /** @param look is called at each look at the server; true: it has the file open */
  async function withRobot(
    look: (robot: TapeRobot, store: TapeStore) => boolean | Promise<boolean>,
    use: (robot: TapeRobot, store: TapeStore) => Promise<void>,
  ): Promise<void> {
    await withTapeStore(async (store) => {
      await mkdir(dirname(store.diskPath(path)), { recursive: true });
      await writeFile(store.diskPath(path), 'bytes');
      await store.writeToTape(path, () => Promise.resolve(false));
      const openFiles = async () => new Set((await look(robot, store)) ? [store.diskPath(path)] : []);
      const cacheChecksums = () => Promise.resolve();
      const robot: TapeRobot = new TapeRobot({
        options,
        store,
        ledger: undefined,
        cacheChecksums,
        openFiles,
      });
      try {
        await use(robot, store);
      } finally {
        robot.stop();
      }
    });
  }

  const prepare = (robot: TapeRobot, kind: PrepareKind, paths = [path]) =>
    robot.onPrepare({ kind, requestId: '1', paths, priority: 0, time: new Date() });

  const happened = (robot: TapeRobot) => robot.activity.map(({ type }) => type);

  it('brings a file back that is asked for while its eviction ends', async () => {
    let asked = false;
    const askWhenOffline = async (robot: TapeRobot, store: TapeStore) => {
      if (!asked && (await store.look(path))?.offline === true) {
        asked = true;
        await prepare(robot, 'stage');
        // Time to bring it back before the eviction has ended, which would make it a stub again.
        await sleep(50);
      }
      return false;
    };
    await withRobot(askWhenOffline, async (robot, store) => {
      await prepare(robot, 'evict');
      await until(() => robot.activity.length === 2);
      assert.deepEqual(happened(robot), ['evicted', 'staged']);
      assert.equal((await store.look(path))?.offline, false);
    });
  });

  it('leaves a file on tape whose request is withdrawn while its eviction ends', async () => {
    let asked = false;
    const withdrawWhenOffline = async (robot: TapeRobot, store: TapeStore) => {
      if (!asked && (await store.look(path))?.offline === true) {
        asked = true;
        await prepare(robot, 'stage');
        assert.match(await prepare(robot, 'query'), /"has_reqid":true/);
        await prepare(robot, 'cancel', []);
      }
      return false;
    };
    await withRobot(withdrawWhenOffline, async (robot) => {
      await prepare(robot, 'evict');
      await robot.settle();
      assert.ok(asked);
      assert.deepEqual(happened(robot), ['evicted']);
    });
  });

  it('evicts a file that is closed right after it was seen open', async () => {
    let looks = 0;
    await withRobot(
      () => (looks += 1) === 1,
      async (robot) => {
        await prepare(robot, 'evict');
        await robot.evictionsEnd();
        assert.deepEqual(happened(robot), ['evicted']);
      },
    );
  });
});
