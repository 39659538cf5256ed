/** What an audit makes of a record: the row that the catalogue has of it, and what the server says. */
import type { Checksum } from './checksum.js';
import {
  FRESH_SECONDS,
  SMALL_READ_BACK,
  type LocalType,
  type ServerTypes,
  type Verify,
} from './comparison.js';

export interface AuditFacts {
  /** Those that the catalogue has. */
  checksums: readonly Checksum[];
  remote: { size: number; offline: boolean; mtime: Date };
  verify: Verify;
  /** `checksum_type`. */
  configured: LocalType;
  serverTypes: ServerTypes;
  /** Types that the server has refused for this file. */
  refused: ReadonlySet<string>;
  /** Milliseconds since the epoch, by the caller's clock. */
  now: number;
}

/** `expected`: the checksum that the server's answer, or the bytes that were read back, must have. */
export type AuditComparison =
  { by: 'query' | 'read'; expected: Checksum } | { by: 'nothing'; reason: string };

/** From the strongest to the weakest of those that can be computed here. */
const READABLE: readonly LocalType[] = ['crc32c', 'md5', 'adler32', 'crc32'];

/**
 * The server is asked for its checksum, which recalls nothing. Where it has none of the types that the catalogue has, small files that
 * are online are read back; with `verify: read` all that are online.
 */
export function auditComparison(facts: AuditFacts): AuditComparison {
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
  // See FRESH_SECONDS.
  const fresh = !remote.offline && facts.now - remote.mtime.getTime() < FRESH_SECONDS * 1000;
  const asked = fresh ? undefined : typeToAsk(facts);
  if (asked !== undefined) return { by: 'query', expected: asked };
  const small = !remote.offline && remote.size <= SMALL_READ_BACK && verify !== 'checksum';
  if (small && readable !== undefined) return { by: 'read', expected: readable };
  return nothing(
    fresh
      ? 'it was written on the server a moment ago'
      : 'the server has no checksum of a type that the catalogue has',
  );
}

function typeToAsk({ checksums, configured, serverTypes, refused }: AuditFacts): Checksum | undefined {
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

function nothing(why: string): AuditComparison {
  return { by: 'nothing', reason: `not compared: ${why}` };
}

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
