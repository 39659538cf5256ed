/**
 * What a task makes of every item of a source, `most` tasks at a time, in the order of the source. Nothing is pulled
 * ahead of the consumer but those.
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
      // Looked at in its turn; until then a rejection isn't an unhandled one.
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
