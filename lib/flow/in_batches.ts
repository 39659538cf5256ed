/** Items in groups of `most`, the last one smaller; the source is pulled only as a group is asked for. */
export async function* inBatches<T>(
  source: AsyncIterable<T>,
  most: number,
): AsyncGenerator<T[], void, undefined> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < most) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
