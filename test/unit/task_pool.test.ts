import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { TaskPool } from '../../lib/flow/task_pool.js';

describe('a pool of tasks', () => {
  it('runs no more than it may at a time, and holds back who adds', async () => {
    const pool = new TaskPool(() => 3);
    let running = 0;
    let most = 0;
    let ended = 0;
    const add = async () => {
      for (let i = 0; i < 50; i += 1)
        await pool.add(async () => {
          running += 1;
          most = Math.max(most, running);
          await turn();
          running -= 1;
          ended += 1;
        });
    };
    await Promise.all([add(), add()]);
    await pool.idle();
    assert.deepEqual([most, ended, running], [3, 100, 0]);
  });

  it('a task that throws is told at the end, and the others end', async () => {
    const pool = new TaskPool(() => 2);
    const ended: string[] = [];
    await pool.add(() => Promise.reject(new Error('first')));
    await pool.add(async () => {
      await turn();
      ended.push('second');
    });
    await assert.rejects(pool.idle(), /first/);
    assert.deepEqual([ended, pool.failed], [['second'], true]);
  });
});
