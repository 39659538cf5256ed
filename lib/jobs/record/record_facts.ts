/** What was found out about a record's bytes, as the catalogue keeps it. */
import type { RecordFacts } from '../../catalogue/row.js';
import type { RemoteStat } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import { microseconds, type Identity } from '../../rules/identity.js';
import type { Classification } from '../../rules/remote_state.js';

export type Identical = Extract<Classification, { state: 'cached' | 'backed_up' }>;

export function isIdentical(state: Classification): state is Identical {
  return state.state === 'cached' || state.state === 'backed_up';
}

export interface ComparedRecord {
  path: string;
  identity: Identity;
  /** Permission bits; null: not known. */
  mode: number | null;
}

/**
 * @param remote the stat of what it was compared with
 * @param sent of the bytes that were copied in this pass
 */
export function recordFacts(
  { path, identity, mode }: ComparedRecord,
  remote: RemoteStat,
  { local = [] }: Identical,
  sent?: Checksum,
): RecordFacts {
  const sums = new Map<string, Checksum>();
  for (const { type, value } of [...(sent === undefined ? [] : [sent]), ...local])
    sums.set(type, { type, value });
  const remoteMtime = remote.mtime.getTime();
  return {
    path,
    size: Number(identity.size),
    mtime: microseconds(identity.mtimeNs),
    mode,
    checksums: [...sums.values()],
    source: local.some(({ source }) => source === 'put') ? 'put' : 'read',
    remoteMtime: Number.isNaN(remoteMtime) ? null : remoteMtime,
  };
}
