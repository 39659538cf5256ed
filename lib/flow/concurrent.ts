import { TaskPool } from './task_pool.js';

/**
 * Runs a task for every item of a source, `most` at a time, pulling the next item only when there is room for it: a slow
 * one delays nobody, and memory doesn't grow with the number of items. The first task that throws ends it: no more
 * items are pulled, running tasks are waited for, then the error is thrown.
 */
export async function forEachConcurrent<T>(
  source: AsyncIterable<T> | Iterable<T>,
  most: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const pool = new TaskPool(() => most);
  await forEachInPools(source, [pool], () => pool, task);
}

/** The same for several kinds of items, each with its own pool; a full pool stops the pulling of further items. */
export async function forEachInPools<T>(
  source: AsyncIterable<T> | Iterable<T>,
  pools: readonly TaskPool[],
  poolOf: (item: T) => TaskPool,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const idle = () => Promise.allSettled(pools.map((pool) => pool.idle()));
  try {
    for await (const item of source) {
      if (pools.some(({ failed }) => failed)) break;
      const pool = poolOf(item);
      await pool.add(() => task(item));
      await pool.room();
    }
  } catch (error) {
    await idle();
    throw error;
  }
  await idle();
  for (const pool of pools) await pool.idle();
}
