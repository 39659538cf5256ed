/** How the bytes of a record are compared with those of its remote copy: by which checksum, and who computes it. */

/** The types that are computed here too. */
export type LocalType = 'adler32' | 'crc32c' | 'md5' | 'crc32';

/**
 * How remote copies are verified. `checksum`: by the server's checksum, wherever that proves enough. `read`: we read them back over the
 * network. `auto`: the cheaper of these two that is possible. `size`: by size alone.
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
  /** It isn't whole, perhaps because somebody still writes it. */
  unfinished: boolean;
  /** `checksum_type`. */
  configured: LocalType;
  serverTypes: ServerTypes;
  /** `trust_adler32`. */
  trustAdler32: boolean;
  /**
   * May the remote file be read back over the network? `fresh`: only if it changed within FRESH_SECONDS, or the server has no checksum
   * to compare with.
   */
  readBack: 'wherever it proves more' | 'fresh';
  /** Milliseconds since the epoch, by the caller's clock. */
  now: number;
}

/** A server's types of checksums, in lower case. */
export interface ServerTypes {
  /** The types that it names when we ask; empty if it names none. */
  named: readonly string[];
  /** The types that it has refused; they count only if it names none: of a cluster's servers each may refuse others. */
  refused: readonly string[];
}

export interface Compared {
  /** `read`: we read it back over the network. `query`: the server is asked for its checksum. */
  by: 'read' | 'query';
  type: LocalType;
  /** Equal values don't prove equal bytes. */
  weak: boolean;
}

/** `nothing`: it can't be compared. */
export type Comparison = Compared | { by: 'nothing'; reason: string };

/** Bytes: reading a file of this size takes no longer than a checksum query. */
export const SMALL_READ_BACK = 2 ** 20;

/**
 * Seconds. An xrootd stores a checksum with the file's time in whole seconds, and gives it out again while that time is the
 * same (XrdCks): if the bytes change within that second, it gives the old checksum for ever. We don't ask for the checksum of a
 * file that is younger than this, so that no such checksum is ever stored on our behalf.
 */
export const FRESH_SECONDS = 3;

export const OFFLINE_UNCHECKED =
  'it is offline, and the server has no checksum to compare with: stage it, and it is read back';
export const OFFLINE_UNREAD = 'it is offline: reading it back would recall it from tape (verify: read)';

const readAgain: Compared = { by: 'read', type: 'crc32c', weak: false };

/**
 * adler32 is a sum of bytes and a sum of those sums: `run 121` and `run 202`, or two swapped digits twice, have the same one,
 * in files of any size. So it counts only where something else vouches for the bytes (S1).
 */
export function comparisonOf(facts: ComparisonFacts): Comparison {
  const { verify, origin, remote, unfinished, configured, serverTypes, trustAdler32, readBack } = facts;
  if (remote.offline) {
    if (verify === 'read') return { by: 'nothing', reason: OFFLINE_UNREAD };
    const known = typeToAsk(configured, serverTypes);
    if (verify === 'auto' && known === undefined) return { by: 'nothing', reason: OFFLINE_UNCHECKED };
    const type = known ?? configured;
    const vouched = origin !== 'unknown' || trustAdler32;
    return { by: 'query', type, weak: type === 'adler32' && !vouched };
  }
  if (verify === 'read') return readAgain;
  if (origin === 'copied') return comparisonOfCopy(facts);
  const reads = readBack === 'wherever it proves more';
  if (unfinished || isFresh(remote, facts.now) || (reads && remote.size <= SMALL_READ_BACK)) return readAgain;
  const strong = strongTypeToAsk(configured, serverTypes);
  if (strong !== undefined) return { by: 'query', type: strong, weak: false };
  if (reads && !trustAdler32) return readAgain;
  const type = typeToAsk(configured, serverTypes);
  if (verify === 'auto' && type === undefined) return readAgain;
  const asked = type ?? configured;
  return { by: 'query', type: asked, weak: asked === 'adler32' && !trustAdler32 };
}

/**
 * For a file that this pass has copied. The server's checksum is compared with that of the bytes that we sent. With adler32 one change
 * isn't noticed: somebody writes other bytes of the same size and adler32 into our file, or into a new file with its identifier, at
 * most two seconds after the copy. Identifier, size and time are then those of our file.
 */
function comparisonOfCopy({
  verify,
  remote,
  configured,
  serverTypes,
}: Pick<ComparisonFacts, 'verify' | 'configured' | 'serverTypes'> & { remote: { size: number } }): Compared {
  if (verify === 'auto' && remote.size <= SMALL_READ_BACK) return readAgain;
  const type = verify === 'checksum' ? configured : typeToAsk(configured, serverTypes);
  return type === undefined ? readAgain : { by: 'query', type, weak: false };
}

/**
 * For a file that we have fetched, and that is online on the server. The server's checksum is preferred: it may be as old as the file,
 * and so reveals bytes that have changed on tape. Reading the file once more only reveals errors of the network.
 */
export function comparisonOfRestored(
  verify: Exclude<Verify, 'size'>,
  configured: LocalType,
  serverTypes: ServerTypes,
): { by: 'read' | 'query'; type: LocalType } {
  const type = typeToAsk(configured, serverTypes) ?? (verify === 'checksum' ? configured : undefined);
  return verify === 'read' || type === undefined ? { by: 'read', type: 'crc32c' } : { by: 'query', type };
}

/** The line that tells the log of a pass how its copies are verified. */
export function waysOfVerifying(verify: Verify, configured: LocalType, serverTypes: ServerTypes): string {
  if (verify === 'size') return 'copies are verified by size alone (verify: size)';
  if (verify === 'read') return 'copies are verified by reading them back (verify: read)';
  if (verify === 'checksum') return `copies are verified by the server's ${configured} (verify: checksum)`;
  const type = typeToAsk(configured, serverTypes);
  const small = 'copies are verified by reading them back';
  const { named } = serverTypes;
  if (type === undefined && named.length === 0) return `${small}: the server has no checksums`;
  if (type === undefined)
    return `${small}: the server has ${named.join(', ')}, and none of ${LOCAL_TYPES.join(', ')}`;
  const large = `those above 1 MiB by the server's ${type}`;
  return named.length > 0
    ? `${small}, ${large}`
    : `${small}, ${large} if it has that (it names no checksum types)`;
}

/** The type of checksum to compute while a file is uploaded, so that verifying it needn't read the local file again. */
export function typeOfUpload(
  verify: Verify,
  size: number,
  configured: LocalType,
  serverTypes: ServerTypes,
): LocalType {
  // With `size` it is for a copy that may have to be taken back: crc32c proves most, and costs little beside the network.
  if (verify === 'size' || verify === 'read') return 'crc32c';
  return comparisonOfCopy({ verify, remote: { size }, configured, serverTypes }).type;
}

/**
 * In the order of preference. crc32 is asked for only if it is configured: XRootD's isn't the checksum that
 * other programs call so, and a server of another make may mean that one.
 */
const LOCAL_TYPES: readonly LocalType[] = ['crc32c', 'md5', 'adler32'];

/** The type of checksum to ask a server for, one that is computed here too; undefined if there is none. */
function typeToAsk(configured: LocalType, serverTypes: ServerTypes): LocalType | undefined {
  const tried = serverTypes.named.length > 0 ? LOCAL_TYPES : (['crc32c', 'adler32'] as const);
  return [configured, ...tried].find((type) => mayAsk(type, serverTypes));
}

/** Of the types whose equal values prove equal bytes, one to ask the server for. */
function strongTypeToAsk(configured: LocalType, serverTypes: ServerTypes): LocalType | undefined {
  if (configured !== 'adler32' && mayAsk(configured, serverTypes)) return configured;
  return (['crc32c', 'md5'] as const).find((type) => serverTypes.named.includes(type));
}

/** Does the server have checksums of this type, as far as we know? */
export function mayAsk(type: LocalType, { named, refused }: ServerTypes): boolean {
  return named.length > 0 ? named.includes(type) : !refused.includes(type);
}

/** @param now milliseconds since the epoch, by the caller's clock */
export function isFresh({ mtime }: Pick<ComparisonFacts['remote'], 'mtime'>, now: number): boolean {
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
