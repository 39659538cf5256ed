/** What a pass has found out about a record, as the catalogue keeps it. */
import type { OpenRecord } from '../../cache/open_record.js';
import type { CacheRecord } from '../../cache/walk.js';
import type { RemoteStat } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import type { Classification } from '../../rules/remote_state.js';
import type { Noted } from '../record/record_book.js';
import { tellsOfTape, type BackupContext } from './backup_context.js';

export type Identical = Extract<Classification, { state: 'cached' | 'backed_up' }>;

export function isIdentical(state: Classification): state is Identical {
  return state.state === 'cached' || state.state === 'backed_up';
}

/**
 * @param file the record whose bytes were compared, or copied
 * @param remote the stat of what it was compared with
 * @param sent of the bytes that were copied in this pass
 */
export function notedOf(
  { path, identity }: CacheRecord,
  { mode }: Pick<OpenRecord, 'mode'>,
  remote: RemoteStat,
  state: Identical,
  sent: Checksum | undefined,
  { config }: Pick<BackupContext, 'config'>,
): Noted {
  const local = state.local ?? [];
  const sums: Checksum[] = [...local, ...(sent === undefined ? [] : [sent])];
  const remoteMtime = remote.mtime.getTime();
  return {
    facts: {
      path,
      size: Number(identity.size),
      mtime: Number(identity.mtimeNs / 1000n),
      mode,
      checksums: sums
        .filter(({ type }, index) => sums.findIndex((sum) => sum.type === type) === index)
        .map(({ type, value }) => ({ type, value })),
      source: local.some(({ source }) => source === 'put') ? 'put' : 'read',
      remoteMtime: Number.isNaN(remoteMtime) ? null : remoteMtime,
    },
    onTape: tellsOfTape(config) ? state.state === 'backed_up' : null,
  };
}
