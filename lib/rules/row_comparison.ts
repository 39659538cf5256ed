/** How the bytes of a row of the catalogue are compared with the server's file. */
import type { Checksum } from './checksum.js';
import {
  FRESH_SECONDS,
  SMALL_READ_BACK,
  type LocalType,
  type ServerTypes,
  type Verify,
} from './comparison.js';

export interface RowFacts {
  /** Those that the catalogue has. */
  checksums: readonly Checksum[];
  remote: { size: number; offline: boolean; mtime: Date };
  verify: Verify;
  /** `checksum_type`. */
  configured: LocalType;
  serverTypes: ServerTypes;
  /** Types that the server has refused for this file. */
  refused: ReadonlySet<string>;
  /**
   * `wherever it proves more`: small files are read back rather than asked about, and large ones where the server has no fitting checksum.
   * `small`: only small ones, and only where the server has none.
   */
  readBack: 'wherever it proves more' | 'small';
  /** Milliseconds since the epoch, by the caller's clock. */
  now: number;
}

/** `expected`: the checksum that the server's answer, or the bytes that were read back, must have. */
export type RowComparison = { by: 'query' | 'read'; expected: Checksum } | { by: 'nothing'; reason: string };

/** From the strongest to the weakest of those that can be computed here. */
const READABLE: readonly LocalType[] = ['crc32c', 'md5', 'adler32', 'crc32'];

/**
 * A file that is offline is never read: its checksum is asked for, which recalls nothing. With `verify: read` all that are online are
 * read back, with `verify: checksum` only what `readBack` wants where the server has no fitting checksum.
 */
export function rowComparison(facts: RowFacts): RowComparison {
  const { checksums, remote, verify } = facts;
  if (checksums.length === 0) return nothing('the catalogue has no checksum of it');
  const readable = READABLE.flatMap((type) => checksums.filter((sum) => isOf(sum, type)))[0];
  if (verify === 'read') {
    if (remote.offline)
      return nothing('it is offline: reading it back would recall it from tape (verify: read)');
    return readable === undefined
      ? nothing('its checksum in the catalogue is of a type that is not computed here')
      : { by: 'read', expected: readable };
  }
  const proves = facts.readBack === 'wherever it proves more';
  const small = remote.size <= SMALL_READ_BACK && verify !== 'checksum';
  const read = remote.offline ? undefined : readable;
  if (proves && small && read !== undefined) return { by: 'read', expected: read };
  // See FRESH_SECONDS.
  const fresh = !remote.offline && facts.now - remote.mtime.getTime() < FRESH_SECONDS * 1000;
  const asked = fresh ? undefined : typeToAsk(facts);
  if (asked !== undefined) return { by: 'query', expected: asked };
  if ((proves || small) && read !== undefined) return { by: 'read', expected: read };
  return nothing(
    fresh
      ? 'it was written on the server a moment ago'
      : 'the server has no checksum of a type that the catalogue has',
  );
}

function typeToAsk({ checksums, configured, serverTypes, refused }: RowFacts): Checksum | undefined {
  const { named } = serverTypes;
  const mayAsk = ({ type }: Checksum): boolean => {
    const asked = type.toLowerCase();
    if (refused.has(asked)) return false;
    // XRootD's crc32 isn't the checksum that other programs call so.
    if (asked === 'crc32' && configured !== 'crc32') return false;
    return named.length > 0 ? named.includes(asked) : !serverTypes.refused.includes(asked);
  };
  const strongest = ['crc32c', 'md5', 'adler32'];
  // A server that names none most probably has the configured one.
  const order = named.length > 0 ? strongest : [configured, ...strongest];
  const rank = ({ type }: Checksum) =>
    order.includes(type.toLowerCase()) ? order.indexOf(type.toLowerCase()) : order.length;
  return checksums.filter(mayAsk).sort((a, b) => rank(a) - rank(b))[0];
}

function isOf({ type }: Checksum, wanted: LocalType): boolean {
  return type.toLowerCase() === wanted;
}

function nothing(why: string): RowComparison {
  return { by: 'nothing', reason: `not compared: ${why}` };
}
