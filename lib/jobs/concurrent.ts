import { TaskPool } from './task_pool.js';

/**
 * Runs a task for every item of a source, `most` at a time, pulling the next item only when there is room for it: a slow
 * one delays nobody, and memory doesn't grow with the number of items. The first task that throws ends it: no more
 * items are pulled, running tasks are waited for, then the error is thrown.
 */
export async function forEachConcurrent<T>(
  source: AsyncIterable<T>,
  most: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const pool = new TaskPool(most);
  try {
    for await (const item of source) {
      if (pool.failed) break;
      await pool.add(() => task(item));
      await pool.room();
    }
  } catch (error) {
    await pool.idle().catch(() => undefined);
    throw error;
  }
  await pool.idle();
}
