/**
 * Runs a task for every item of a source, `most` at a time, pulling the next item only when a task has ended: a slow
 * one delays nobody, and memory doesn't grow with the number of items. The first task that throws ends it: no more
 * items are pulled, running tasks are waited for, then the error is thrown.
 */
export async function forEachConcurrent<T>(
  source: AsyncIterable<T>,
  most: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  try {
    for await (const item of source) {
      if (failures.length > 0) break;
      const run: Promise<void> = task(item)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(run));
      running.add(run);
      if (running.size >= most) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}
