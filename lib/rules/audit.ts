/** What an audit takes a record for. */

/**
 * Has its local file gone, so that the server's copy is, or was, the only one?
 * @param isInCache undefined: there is no cache to look into
 */
export function hasLeftCache(
  row: { removing: number | null; source: string },
  isInCache: boolean | undefined,
): boolean {
  if (isInCache !== undefined) return !isInCache;
  // What only the server told of was never in a cache that this catalogue knows.
  return row.removing !== null || row.source === 'server';
}
