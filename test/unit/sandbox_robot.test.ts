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

  /** A look that does something when the file is offline for the first time, in the middle of its eviction. */
  function onceOffline(act: (robot: TapeRobot) => Promise<void>) {
    let acted = false;
    return async (robot: TapeRobot, store: TapeStore): Promise<boolean> => {
      if (!acted && (await store.look(path))?.offline === true) {
        acted = true;
        await act(robot);
      }
      return false;
    };
  }

  it('brings a file back that is asked for while its eviction ends', async () => {
    const look = onceOffline(async (robot) => {
      await prepare(robot, 'stage');
      // Time to bring it back before the eviction has ended, which would make it a stub again.
      await sleep(50);
    });
    await withRobot(look, async (robot, store) => {
      await prepare(robot, 'evict');
      await until(() => robot.activity.length === 2);
      assert.deepEqual(happened(robot), ['evicted', 'staged']);
      assert.equal((await store.look(path))?.offline, false);
    });
  });

  it('leaves a file on tape whose request is withdrawn while its eviction ends', async () => {
    const answers: string[] = [];
    const look = onceOffline(async (robot) => {
      for (const kind of ['stage', 'query'] as const) answers.push(await prepare(robot, kind));
      await prepare(robot, 'cancel', []);
    });
    await withRobot(look, async (robot) => {
      await prepare(robot, 'evict');
      await robot.settle();
      assert.match(answers[1] ?? '', /"has_reqid":true/);
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
