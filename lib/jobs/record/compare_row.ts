/** Does the server still have what the catalogue says? Reads nothing from tape. */
import type { CatalogueRow } from '../../catalogue/row.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { checksumText, sameChecksum, type Checksum } from '../../rules/checksum.js';
import { bytesOf, mayAsk, SMALL_READ_BACK, type Verify } from '../../rules/comparison.js';
import { checksumTypes, type ChecksumType } from '../../xrdcl/index.js';
import { remoteChecksum } from './remote_checksum.js';

export type RowAnswer =
  | { result: 'same' }
  /** In words. */
  | { result: 'differs' | 'unchecked'; reason: string };

export interface CompareRowContext {
  store: Pick<RemoteStore, 'stat' | 'checksum' | 'readChecksum' | 'checksumTypes'>;
  config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;
  signal: AbortSignal;
}

/**
 * @param remote a stat of just now; null: there is nothing
 * @throws what requests throw: then nothing is known
 */
export async function compareRow(
  row: CatalogueRow,
  remote: RemoteStat | null,
  context: CompareRowContext,
): Promise<RowAnswer> {
  const different = differenceAtSight(row, remote);
  if (remote === null || different !== undefined)
    return { result: 'differs', reason: different ?? 'the server has no such file' };
  const { store, config, signal } = context;
  // What was lost isn't found again by its size alone.
  const verify = row.lost === null ? config.verify : bytesOf(config.verify);
  if (verify === 'size' || row.size === 0) return { result: 'same' };
  const way = await wayToCompare(row, remote, context, verify);
  if (way === undefined) return { result: 'unchecked', reason: 'nothing but its size can be compared' };
  const { by, sum } = way;
  const options = { store, verify, configured: config.checksumType, signal };
  const theirs = await remoteChecksum(row.path, remote, { by, type: sum.type }, options);
  if (sameChecksum(sum, theirs)) return { result: 'same' };
  const reason = `its bytes have ${checksumText(theirs)} instead of ${checksumText(sum)}`;
  return { result: 'differs', reason };
}

/** What a stat alone tells. */
export function differenceAtSight({ size }: CatalogueRow, remote: RemoteStat | null): string | undefined {
  if (remote === null) return 'the server has no such file';
  if (remote.kind !== 'file') return 'the server has something else there that is no regular file';
  return remote.size === size ? undefined : `it has ${remote.size} bytes instead of ${size}`;
}

/** A small file that is online is read back: that proves more than what the server has stored. */
async function wayToCompare(
  { checksums, size }: CatalogueRow,
  { offline }: RemoteStat,
  { store, signal }: CompareRowContext,
  verify: Verify,
): Promise<{ by: 'read' | 'query'; sum: Checksum } | undefined> {
  const ours = (sum: Checksum): sum is Checksum & { type: ChecksumType } =>
    checksumTypes.some((type) => type === sum.type);
  // Files of other bytes easily share an adler32.
  const known = checksums
    .filter(ours)
    .sort((a, b) => Number(a.type === 'adler32') - Number(b.type === 'adler32'));
  const readable = offline ? undefined : (known.find(({ type }) => type === 'crc32c') ?? known[0]);
  if (readable !== undefined && verify !== 'checksum' && (size <= SMALL_READ_BACK || verify === 'read'))
    return { by: 'read', sum: readable };
  if (verify === 'read') return undefined;
  const types = await store.checksumTypes(signal);
  const asked = known.find(({ type }) => mayAsk(type, types));
  if (asked !== undefined) return { by: 'query', sum: asked };
  return readable && { by: 'read', sum: readable };
}
