/**
 * Yields the result of a task for every item of a source, in the order of the source. At most `most` tasks run at a time, and no
 * further items are pulled ahead of the consumer.
 */
export async function* mapConcurrent<T, R>(
  source: AsyncIterable<T>,
  most: number,
  task: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const pending: Promise<R>[] = [];
  try {
    for await (const item of source) {
      const result = task(item);
      // Awaited below, in order; without this a rejection before that would be unhandled.
      result.catch(() => undefined);
      pending.push(result);
      const first = pending.length >= most ? pending.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = pending.shift(); first !== undefined; first = pending.shift()) yield await first;
  } finally {
    await Promise.allSettled(pending);
  }
}
