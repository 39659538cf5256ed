/** What the catalogue knows of a record, against what the server gives back. */
import { checksumText, sameChecksum, type Checksum } from './checksum.js';
import type { LocalType } from './comparison.js';

/** Of a catalogue's row, what counts here. */
export interface KnownRecord {
  /** Bytes. */
  size: number;
  /** The record's own modification time in microseconds since the epoch; null: not known. */
  mtime: number | null;
  checksums: readonly Checksum[];
  /** Who has said so: ingest's `put`, a pass that read the local file, or only the server. */
  source: 'put' | 'read' | 'server';
  /** Removing the local file was allowed. */
  removing: number | null;
}

/** The record's own time; undefined: the catalogue doesn't know it. */
export function recordTime(known: Pick<KnownRecord, 'mtime'> | undefined): Date | undefined {
  return known === undefined || known.mtime === null ? undefined : new Date(known.mtime / 1000);
}

/** In the order of preference: the first of these types that a record's checksums have is compared. */
const STRONG: readonly LocalType[] = ['crc32c', 'md5'];
const STRONGEST_FIRST: readonly LocalType[] = [...STRONG, 'adler32', 'crc32'];

/**
 * The types by which restored bytes are summed: the first for the comparison with the server, unless that is undefined; one of them is
 * in the catalogue, if it has any that can be computed here, and is adler32 only if it has no better one.
 * @param server how the bytes are compared with the server's; undefined: by size alone
 * @param cheap a second sum costs no second way through the network
 */
export function typesOfRestored(
  server: { by: 'read' | 'query'; type: LocalType } | undefined,
  known: readonly Checksum[],
  cheap: boolean,
): LocalType[] {
  const inCatalogue = STRONGEST_FIRST.filter((type) => has(known, type));
  if (server === undefined) return cheap ? inCatalogue.slice(0, 1) : [];
  const [also] = inCatalogue;
  // With adler32 alone, a short record could come back with the bytes of another one.
  const suffices = inCatalogue.includes(server.type) && STRONG.includes(server.type);
  if (also === undefined || also === server.type || suffices) return [server.type];
  // What is read back is summed here on both sides: by any type.
  if (server.by === 'read' && !cheap) return [also];
  return [server.type, also];
}

function has(known: readonly Checksum[], type: string): boolean {
  return known.some((sum) => sum.type.toLowerCase() === type);
}

export interface KnownComparison {
  same: boolean;
  /** Of the bytes. */
  here: Checksum;
  catalogue: Checksum;
}

/** Undefined: the catalogue has no checksum of any of these types. */
export function compareWithKnown(
  sums: readonly Checksum[],
  known: readonly Checksum[],
): KnownComparison | undefined {
  const compared = sums.flatMap((here) =>
    known
      .filter(({ type }) => type.toLowerCase() === here.type.toLowerCase())
      .map((catalogue) => ({ same: sameChecksum(here, catalogue), here, catalogue })),
  );
  return compared.find(({ same }) => !same) ?? compared[0];
}

const WHO: Record<KnownRecord['source'], string> = {
  put: 'from put, which wrote the record',
  read: 'from a pass, which read the record in the cache',
  server: 'as the server said earlier',
};

/** `adler32:0a1b2c3d (from put, which wrote the record)` */
export function catalogueSays(sum: Checksum, { source }: Pick<KnownRecord, 'source'>): string {
  return `${checksumText(sum)} (${WHO[source]})`;
}

/** Why a file of this size can't be the record; undefined: it has its size. */
export function sizeProblem(size: number, known: Pick<KnownRecord, 'size'>): string | undefined {
  if (size === known.size) return undefined;
  return `the server has ${size} bytes, the catalogue says ${known.size}`;
}

/** That the server doesn't have the record. @param directory something else stands in its place */
export function missingText(known: KnownRecord, directory = false): string {
  const there = directory ? 'the server has a directory in its place' : 'the server does not have it';
  const [sum] = known.checksums;
  const says = `the catalogue knows it with ${known.size} bytes${sum ? ` and ${catalogueSays(sum, known)}` : ''}`;
  const cached = known.removing === null ? '; its local file was not removed: look in the cache' : '';
  return `${there}, ${says}${cached}`;
}
