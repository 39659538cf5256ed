/** Sorts what a command lists, as long as it fits into memory. */

/** More than that are listed as they come: some 30 MB. */
export const MOST_SORTED = 50_000;

/**
 * In the order of paths, what is in a directory right after it. If there are more than `most`, none is sorted.
 * @param onTooMany is told once, before the first of them is given
 */
export async function* sortedByPath<T extends { path: string }>(
  items: AsyncIterable<T>,
  onTooMany: (most: number) => void,
  most = MOST_SORTED,
): AsyncGenerator<T, void, undefined> {
  let held: T[] | undefined = [];
  for await (const item of items) {
    if (held === undefined) yield item;
    else if (held.push(item) > most) {
      onTooMany(most);
      yield* held;
      held = undefined;
    }
  }
  if (held !== undefined) yield* inOrder(held);
}

export function inOrder<T extends { path: string }>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: item.path.replaceAll('/', '\0') }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item);
}
