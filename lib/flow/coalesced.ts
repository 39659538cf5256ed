/**
 * Joins small groups of items into groups of `most` each; the last may be smaller. Pulls the source only on demand.
 * @throws what the source throws, after all items that came before
 */
export async function* coalesced<T>(
  source: AsyncIterable<readonly T[]>,
  most: number,
): AsyncGenerator<T[], void, undefined> {
  let group: T[] = [];
  let failure: { error: unknown } | undefined;
  try {
    for await (const items of source) {
      group.push(...items);
      while (group.length >= most) {
        yield group.slice(0, most);
        group = group.slice(most);
      }
    }
  } catch (error) {
    failure = { error };
  }
  if (group.length > 0) yield group;
  if (failure !== undefined) throw failure.error;
}
