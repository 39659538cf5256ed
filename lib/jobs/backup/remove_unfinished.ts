/** Makes room for a record at its remote path. */
import type { OpenRecord } from '../../cache/open_record.js';
import type { CacheRecord } from '../../cache/walk.js';
import { hasWriters } from '../../posix/index.js';
import type { RemoteStat } from '../../remote/store.js';
import { STILL_WRITTEN } from '../../rules/remote_state.js';
import type { BackupContext } from './backup_context.js';
import { FileChanged, FILE_CHANGED } from '../record/file_changed.js';
import { explainedRemoval } from './refused_by_server.js';

/**
 * S4: removes an unfinished copy, if it still is what was judged, and if the record can take its place now: of an empty one no
 * byte was compared, so that nobody has looked yet whether the record is being written.
 * @throws {FileChanged}, and then nothing was removed
 */
export async function removeUnfinished(
  record: CacheRecord,
  judged: RemoteStat | null,
  file: OpenRecord,
  { run, store, separate }: BackupContext,
): Promise<void> {
  if (judged === null) return;
  await separate.refuseOwnFile(record.path, judged);
  if (hasWriters(file.fd) === true) throw new FileChanged(FILE_CHANGED.writing);
  if (!file.isUnchanged()) throw new FileChanged(FILE_CHANGED.changed);
  // Somebody writes it: the next pass looks at it again.
  const result = await store.removeSeen(record.path, judged, run.signal).catch((error: unknown) => {
    throw explainedRemoval(error, 'an unfinished copy');
  });
  if (result !== 'removed' && result !== 'gone') throw new FileChanged(STILL_WRITTEN);
}
