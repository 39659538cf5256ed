/** How the bytes of a record are compared with those of its remote copy: by which checksum, and who computes it. */

/** Those that are computed here. */
type LocalType = 'adler32' | 'crc32c';

/**
 * How remote copies are verified. `checksum`: by the server's checksum, wherever that proves enough. `read`: they are read again over
 * the network. `auto`: whichever costs less of these, and is possible. `size`: by size alone.
 */
export type Verify = 'auto' | 'checksum' | 'read' | 'size';

/**
 * Why the remote file should have the record's bytes. `copied`: this pass copied it, and a stat after that tells the identifier,
 * size and time of the file that the copy made. `remembered`: an earlier pass copied or compared it, and neither side has changed
 * since. `unknown`: anything else, also a record that was corrected since.
 */
export type Origin = 'copied' | 'remembered' | 'unknown';

/** What a removal needs: that the bytes were compared, or sizes alone. */
export function compares(verify: Verify): 'bytes' | 'size' {
  return verify === 'size' ? 'size' : 'bytes';
}

/** For jobs that always compare bytes. */
export function bytesOf(verify: Verify): Exclude<Verify, 'size'> {
  return verify === 'size' ? 'auto' : verify;
}

export interface ComparisonFacts {
  verify: Exclude<Verify, 'size'>;
  origin: Origin;
  /** What a stat just told of the remote file. Bytes. */
  remote: { size: number; offline: boolean; mtime: Date };
  /** It isn't whole, and may be so because somebody still writes it. */
  unfinished: boolean;
  /** `checksum_type`. */
  configured: LocalType;
  serverTypes: ServerTypes;
  /** `trust_adler32`. */
  trustAdler32: boolean;
  /**
   * May the remote file be read again over the network? `fresh`: only where the server can't be asked, or one that changed so short
   * a time ago that the server should not be asked for its checksum.
   */
  readBack: 'wherever it proves more' | 'fresh';
  /** Milliseconds since the epoch, by the caller's clock. */
  now: number;
}

/** The types of checksums that a server has, in lower case. */
export interface ServerTypes {
  /** Those that it names when it is asked; none where it doesn't tell, or has none. */
  named: readonly string[];
  /** Those that it has refused, though it names none. */
  refused: readonly string[];
}

export type Comparison =
  /** `read`: read again over the network. `query`: the server's word. */
  | {
      by: 'read' | 'query';
      type: LocalType;
      /** Equal values don't prove equal bytes. */
      weak: boolean;
    }
  /** It can't be compared. */
  | { by: 'nothing'; reason: string };

/** Bytes: reading them again takes no longer than a checksum query. */
export const SMALL_READ_BACK = 2 ** 20;

/**
 * Seconds. An xrootd stores a checksum with the file's time in whole seconds, and gives it out again while that time is the
 * same (XrdCks): of bytes that change within the second it would give the old one for ever. A file that is younger than this
 * isn't asked for, so that no such checksum is ever stored on our behalf.
 */
export const FRESH_SECONDS = 3;

export const OFFLINE_UNREAD = 'it is offline: reading it back would recall it from tape (verify: read)';

const readAgain: Comparison = { by: 'read', type: 'crc32c', weak: false };

/**
 * adler32 is a sum of bytes and a sum of those sums: `run 121` and `run 202`, or two swapped digits twice, have the same one,
 * in files of any size. So it counts only where something else vouches for the bytes (S1).
 */
export function comparisonOf(facts: ComparisonFacts): Comparison {
  const { verify, origin, remote, unfinished, configured, serverTypes, trustAdler32, readBack } = facts;
  if (remote.offline) {
    if (verify === 'read') return { by: 'nothing', reason: OFFLINE_UNREAD };
    const type = typeToAsk(configured, serverTypes) ?? configured;
    const vouched = origin !== 'unknown' || trustAdler32;
    return { by: 'query', type, weak: type === 'adler32' && !vouched };
  }
  if (verify === 'read') return readAgain;
  if (origin === 'copied') return comparisonOfCopy(facts);
  const reads = readBack === 'wherever it proves more';
  if (unfinished || isFresh(remote, facts.now) || (reads && remote.size <= SMALL_READ_BACK)) return readAgain;
  if (configured === 'crc32c' ? mayAsk('crc32c', serverTypes) : serverTypes.named.includes('crc32c'))
    return { by: 'query', type: 'crc32c', weak: false };
  if (reads && !trustAdler32) return readAgain;
  const type = typeToAsk(configured, serverTypes);
  if (verify === 'auto' && type === undefined) return readAgain;
  return { by: 'query', type: type ?? configured, weak: type !== 'crc32c' && !trustAdler32 };
}

/**
 * What this pass has copied: the server's checksum is compared with that of the bytes that we sent. With adler32 it isn't noticed if
 * somebody writes other bytes of the same size and adler32 into our file, or into one that has got its number, and is done two
 * seconds after the copy at the latest: identifier, size and time are then those of our file.
 */
function comparisonOfCopy({ verify, remote, configured, serverTypes }: ComparisonFacts): Comparison {
  const type = verify === 'checksum' ? configured : typeToAsk(configured, serverTypes);
  if (verify === 'auto' && remote.size <= SMALL_READ_BACK) return readAgain;
  return type === undefined ? readAgain : { by: 'query', type, weak: false };
}

/**
 * What came back from a server, and is online there. The server's word goes first: it can be as old as the file, and so tells of bytes
 * that have changed on tape, where reading once more would only tell of the network.
 */
export function comparisonOfRestored(
  verify: Exclude<Verify, 'size'>,
  configured: LocalType,
  serverTypes: ServerTypes,
): { by: 'read' | 'query'; type: LocalType } {
  const type = verify === 'checksum' ? configured : typeToAsk(configured, serverTypes);
  return verify === 'read' || type === undefined ? { by: 'read', type: 'crc32c' } : { by: 'query', type };
}

/** For the log of a pass: how what it copies is verified. */
export function waysOfVerifying(verify: Verify, configured: LocalType, serverTypes: ServerTypes): string {
  if (verify === 'size') return 'copies are verified by size alone (verify: size)';
  if (verify === 'read') return 'copies are verified by reading them back';
  if (verify === 'checksum') return `copies are verified by the server's ${configured}`;
  const { named } = serverTypes;
  const type = typeToAsk(configured, serverTypes);
  if (type !== undefined)
    return `small copies are verified by reading them back, copies above 1 MiB by the server's ${type}`;
  return `copies are verified by reading them back: the server has ${named.join(', ')}, and neither adler32 nor crc32c`;
}

/** Of which the bytes of an upload should be summed, so that they needn't be read for its verification. */
export function typeOfUpload(
  verify: Verify,
  size: number,
  configured: LocalType,
  serverTypes: ServerTypes,
): LocalType {
  // Where only sizes are compared it is for a copy that may have to be taken back: by the strongest, which costs little beside the
  // network.
  if (verify === 'read' || verify === 'size') return 'crc32c';
  if (verify === 'checksum' || size <= SMALL_READ_BACK) return configured;
  return typeToAsk(configured, serverTypes) ?? 'crc32c';
}

/** The type to ask a server for, of those that both have; undefined if there is none. */
function typeToAsk(configured: LocalType, serverTypes: ServerTypes): LocalType | undefined {
  const types: readonly LocalType[] = [configured, 'crc32c', 'adler32'];
  return types.find((type) => mayAsk(type, serverTypes));
}

/** Has the server a checksum of this type, as far as is known? */
export function mayAsk(type: LocalType, { named, refused }: ServerTypes): boolean {
  return named.length > 0 ? named.includes(type) : !refused.includes(type);
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
