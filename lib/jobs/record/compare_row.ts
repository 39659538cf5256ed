/** Compares one row of the catalogue with the server's file. Changes nothing, and recalls nothing from tape. */
import type { CatalogueRow } from '../../catalogue/row.js';
import type { ArchiveConfig } from '../../config/index.js';
import { isNoSuchType } from '../../remote/server_checksums.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { rowComparison, type RowFacts } from '../../rules/row_comparison.js';
import type { Checksum } from '../../rules/checksum.js';
import { judgeListed } from '../../rules/checksum_list.js';
import { checksumTypes } from '../../xrdcl/index.js';

export interface CompareRowContext {
  config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;
  store: Pick<RemoteStore, 'checksum' | 'checksumTypes' | 'readChecksum'>;
  /** False: sizes only. */
  bytes: boolean;
  readBack: RowFacts['readBack'];
  signal: AbortSignal;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export type ComparedRow =
  /** @param sum by which; undefined: by size alone, or there are no bytes */
  | { found: 'same'; sum: Checksum | undefined }
  /** Of the same size; whether the bytes are the same can't be told. */
  | { found: 'unknown'; reason: string }
  | { found: 'missing' | 'differs'; reason: string };

/** @throws what asking and reading throw */
export async function compareRow(
  row: CatalogueRow,
  remote: RemoteStat | null,
  context: CompareRowContext,
): Promise<ComparedRow> {
  const { size } = row;
  const looked = judgeListed({ type: '', value: '', size }, remote, undefined);
  if (remote === null || !('ask' in looked)) {
    const reason = 'reason' in looked ? looked.reason : '';
    return { found: remote === null ? 'missing' : 'differs', reason };
  }
  if (size === 0 || !context.bytes) return { found: 'same', sum: undefined };
  return await compareBytes(row, remote, context);
}

async function compareBytes(
  { path, size, checksums }: CatalogueRow,
  remote: RemoteStat,
  { config, store, readBack, signal, now }: CompareRowContext,
): Promise<ComparedRow> {
  const { verify, checksumType: configured } = config;
  const refused = new Set<string>();
  for (;;) {
    const serverTypes = await store.checksumTypes(signal);
    const comparison = rowComparison({
      ...{ checksums, remote, verify, configured, serverTypes, refused, readBack, now: now() },
    });
    if (comparison.by === 'nothing') return { found: 'unknown', reason: comparison.reason };
    const { by, expected } = comparison;
    let theirs: Checksum;
    try {
      theirs =
        by === 'query'
          ? await store.checksum(path, expected.type, size, signal)
          : await store.readChecksum(path, readable(expected), remote, signal);
    } catch (error) {
      if (by === 'read' || !isNoSuchType(error)) throw error;
      refused.add(expected.type.toLowerCase());
      continue;
    }
    const judged = judgeListed({ ...expected, size }, remote, theirs);
    if ('ask' in judged) throw new Error('a question that was answered is asked again');
    if (judged.verdict === 'verified') return { found: 'same', sum: expected };
    if (judged.verdict === 'unknown') return { found: 'unknown', reason: `not compared: ${judged.reason}` };
    return { found: 'differs', reason: judged.reason };
  }
}

function readable({ type }: Checksum) {
  const found = checksumTypes.find((each) => each === type.toLowerCase());
  if (found === undefined) throw new Error(`${type} isn't computed here`);
  return found;
}
