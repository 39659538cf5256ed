/** How the bytes of a record are compared with those of its remote copy: by which checksum, and who computes it. */

/** The types that are computed here. */
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
  /** It isn't whole, perhaps because somebody still writes it. */
  unfinished: boolean;
  /** `checksum_type`. */
  configured: LocalType;
  /** Types that the server says it has; empty if it doesn't tell. */
  serverTypes: readonly string[];
  /** `trust_adler32`. */
  trustAdler32: boolean;
  /**
   * May the remote file be read again over the network? `fresh`: only if it changed within FRESH_SECONDS.
   */
  readBack: 'wherever it proves more' | 'fresh';
  /** Milliseconds since the epoch, by the caller's clock. */
  now: number;
}

export interface Comparison {
  /** `read`: it is read again over the network. `query`: the server is asked for its checksum. */
  by: 'read' | 'query';
  type: LocalType;
  /** Equal values don't prove equal bytes. */
  weak: boolean;
}

/** Bytes: reading a file of this size takes no longer than a checksum query. */
export const SMALL_READ_BACK = 2 ** 20;

/**
 * Seconds. An xrootd stores a checksum with the file's time in whole seconds, and gives it out again while that time is the
 * same (XrdCks): if the bytes change within that second, it gives the old checksum for ever. We don't ask for the checksum of a
 * file that is younger than this, so that no such checksum is ever stored on our behalf.
 */
export const FRESH_SECONDS = 3;

/**
 * adler32 is a sum of bytes and a sum of those sums: `run 121` and `run 202`, or two swapped digits twice, have the same one,
 * in files of any size. So it counts only where something else vouches for the bytes (S1).
 */
export function comparisonOf(facts: ComparisonFacts): Comparison {
  const { origin, remote, unfinished, configured, serverTypes, trustAdler32, readBack } = facts;
  // The server's checksum of the configured type is compared with that of the bytes that we sent. With adler32 one change isn't
  // noticed: somebody writes other bytes of the same size and adler32 into our file, or into a new file with its identifier, at
  // most two seconds after the copy. Identifier, size and time are then those of our file.
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
 * Seconds. Times further ahead than a day don't tell when a file was written: users can set any time. Nearer ones may come from
 * a server's clock with a wrong time zone.
 */
const MOST_AHEAD_SECONDS = 86_400;

/**
 * May somebody still be writing this remote file? Only its time tells; an invalid time, or one more than a day ahead, tells
 * nothing.
 * @param seconds `unfinished_after_seconds`; 0: the answer is always no
 * @param now milliseconds since the epoch, by the caller's clock
 */
export function mayBeWritten({ mtime }: { mtime: Date }, seconds: number, now: number): boolean {
  const age = now - mtime.getTime();
  return seconds > 0 && age < seconds * 1000 && age >= -MOST_AHEAD_SECONDS * 1000;
}

export type ComparedBy = LocalType | 'size';

/** The words for what two sides have in common: no more than was compared. */
export function sameness(comparedBy: ComparedBy): string {
  if (comparedBy === 'size') return 'same size';
  return comparedBy === 'adler32' ? 'same size and adler32' : 'identical';
}
