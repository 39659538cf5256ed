/**
 * Joins small groups of items to groups of `most` each; the last may be smaller. The source is pulled only as a group is asked for.
 * @throws what the source throws, after what it gave before that
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
