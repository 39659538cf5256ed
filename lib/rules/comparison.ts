/** How the bytes of a record are compared with those of its remote copy: by which checksum, and who computes it. */

/** Those that are computed here. */
type LocalType = 'adler32' | 'crc32c';

/**
 * Why the remote file should have the record's bytes. `copied`: this pass copied it, and a stat after that tells the identifier,
 * size and time of the file that the copy made. `remembered`: an earlier pass copied or compared it, and neither side has changed
 * since. `unknown`: anything else, also a record that was corrected since.
 */
export type Origin = 'copied' | 'remembered' | 'unknown';

export interface ComparisonFacts {
  origin: Origin;
  /** What a stat just told of the remote file. Bytes. */
  remote: { size: number; offline: boolean; mtime: Date };
  /** It isn't whole, and may be so because somebody still writes it. */
  unfinished: boolean;
  /** `checksum_type`. */
  configured: LocalType;
  /** Types that the server says it has; empty if it doesn't tell. */
  serverTypes: readonly string[];
  /** `trust_adler32`. */
  trustAdler32: boolean;
  /**
   * May the remote file be read again over the network? `fresh`: only one that changed so short a time ago that the server
   * should not be asked for its checksum.
   */
  readBack: 'wherever it proves more' | 'fresh';
  /** Milliseconds since the epoch, by the caller's clock. */
  now: number;
}

export interface Comparison {
  /** `read`: read again over the network. `query`: the server's word. */
  by: 'read' | 'query';
  type: LocalType;
  /** Equal values don't prove equal bytes. */
  weak: boolean;
}

/** Bytes: reading them again takes no longer than a checksum query. */
export const SMALL_READ_BACK = 2 ** 20;

/**
 * Seconds. An xrootd stores a checksum with the file's time in whole seconds, and gives it out again while that time is the
 * same (XrdCks): of bytes that change within the second it would give the old one for ever. A file that is younger than this
 * isn't asked for, so that no such checksum is ever stored on our behalf.
 */
export const FRESH_SECONDS = 3;

/**
 * adler32 is a sum of bytes and a sum of those sums: `run 121` and `run 202`, or two swapped digits twice, have the same one,
 * in files of any size. So it counts only where something else vouches for the bytes (S1).
 */
export function comparisonOf(facts: ComparisonFacts): Comparison {
  const { origin, remote, unfinished, configured, serverTypes, trustAdler32, readBack } = facts;
  // The server's checksum of the configured type is compared with that of the bytes that we sent. With adler32 it isn't noticed if
  // somebody writes other bytes of the same size and adler32 into our file, or into one that has got its number, and is done two
  // seconds after the copy at the latest: identifier, size and time are then those of our file.
  if (origin === 'copied') return { by: 'query', type: configured, weak: false };
  if (remote.offline) {
    const weak = configured === 'adler32' && origin !== 'remembered' && !trustAdler32;
    return { by: 'query', type: configured, weak };
  }
  const reads = readBack === 'wherever it proves more';
  if (unfinished || isFresh(remote, facts.now) || (reads && remote.size <= SMALL_READ_BACK))
    return { by: 'read', type: 'crc32c', weak: false };
  if (configured === 'crc32c' || serverTypes.includes('crc32c'))
    return { by: 'query', type: 'crc32c', weak: false };
  if (reads && !trustAdler32) return { by: 'read', type: 'crc32c', weak: false };
  return { by: 'query', type: configured, weak: !trustAdler32 };
}

function isFresh({ mtime }: ComparisonFacts['remote'], now: number): boolean {
  return now - mtime.getTime() < FRESH_SECONDS * 1000;
}

/**
 * Seconds. Times further ahead than a day say nothing of when a file was written: users can set any. Nearer ones are a server's
 * clock, with a wrong time zone perhaps.
 */
const MOST_AHEAD_SECONDS = 86_400;

/**
 * May somebody still write this remote file? Its time is the only word of it that a server gives; one that no Date holds, or that
 * lies more than a day ahead, is none.
 * @param seconds `unfinished_after_seconds`; 0: nobody does
 * @param now milliseconds since the epoch, by the caller's clock
 */
export function mayBeWritten({ mtime }: { mtime: Date }, seconds: number, now: number): boolean {
  const age = now - mtime.getTime();
  return seconds > 0 && age < seconds * 1000 && age >= -MOST_AHEAD_SECONDS * 1000;
}

export type ComparedBy = LocalType | 'size';

/** What two sides are said to have in common: no more than was compared. */
export function sameness(comparedBy: ComparedBy): string {
  if (comparedBy === 'size') return 'same size';
  return comparedBy === 'adler32' ? 'same size and adler32' : 'identical';
}
