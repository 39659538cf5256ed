/**
 * Which servers lose places for checksum queries, by version. Since XRootD 5.8.4 a place may be lost for ever whenever two
 * queries are in flight (docs/xrootd-bug-checksum-jobs.md); before, that ended by itself.
 */
import type { QueryBounds } from './query_tuner.js';

type Version = readonly [major: number, minor: number, patch: number];

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
  const told = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version ?? '');
  const usual = { first: Math.min(usualPlaces, most), most };
  if (told === null) return usual;
  const numbers: Version = [Number(told[1]), Number(told[2]), Number(told[3])];
  if (isBefore(numbers, firstLosing)) return usual;
  return { first: 1, most: isBefore(numbers, firstUnknown) ? 1 : most };
}

function isBefore(version: Version, other: Version): boolean {
  const index = version.findIndex((number, at) => number !== other[at]);
  return index >= 0 && (version[index] ?? 0) < (other[index] ?? 0);
}
