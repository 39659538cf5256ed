/**
 * Which servers lose places for checksum queries, by version. Since XRootD 5.8.4 a place may be lost for ever whenever two
 * queries are in flight (docs/xrootd-bug-checksum-jobs.md); before, that ended by itself.
 */
import type { QueryBounds } from './query_tuner.js';
import { isBefore, parseVersion, type Version } from './version.js';

const firstLosing: Version = [5, 8, 4];
/** The first that isn't known to lose places. */
const firstUnknown: Version = [6, 3, 0];

/** As many as an xrootd works at by default. */
const usualPlaces = 4;

/**
 * @param version the server's word, `v5.5.3`; undefined or unreadable: it isn't known to lose places
 * @param most as the configuration allows
 */
export function queryBounds(version: string | undefined, most: number): QueryBounds {
  const told = parseVersion(version ?? '');
  const usual = { first: Math.min(usualPlaces, most), most };
  if (told === undefined) return usual;
  if (isBefore(told, firstLosing)) return usual;
  return { first: 1, most: isBefore(told, firstUnknown) ? 1 : most };
}
