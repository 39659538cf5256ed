/** Groups of items made larger: of `most` each, but for the last. The source is pulled only as a group is asked for. */
export async function* coalesced<T>(
  source: AsyncIterable<readonly T[]>,
  most: number,
): AsyncGenerator<T[], void, undefined> {
  let group: T[] = [];
  for await (const items of source) {
    group.push(...items);
    while (group.length >= most) {
      yield group.slice(0, most);
      group = group.slice(most);
    }
  }
  if (group.length > 0) yield group;
}
