/** An unfinished copy goes, because the whole record takes its place (S4). */
import type { CacheRecord } from '../../cache/walk.js';
import { hasWriters } from '../../posix/index.js';
import type { RemoteStat } from '../../remote/store.js';
import { STILL_WRITTEN } from '../../rules/remote_state.js';
import { FileChanged, FILE_CHANGED } from '../record/file_changed.js';
import type { LazyRecord } from '../record/local_file.js';
import type { BackupContext } from './backup_context.js';
import { explainedRemoval } from './refused_by_server.js';

/**
 * Removes it if it still is what was judged, and if the record can be copied at once: what looks unfinished may be an earlier
 * record of this name, whose bytes the new one begins with, and nothing takes its place while somebody writes that.
 * @throws {FileChanged}
 */
export async function removeBroken(
  record: CacheRecord,
  judged: RemoteStat | null,
  file: LazyRecord,
  { run, store, separate }: BackupContext,
): Promise<void> {
  if (judged === null) return;
  await separate.refuseOwnFile(record.path, judged);
  const opened = await file.open();
  if (hasWriters(opened.fd) === true) throw new FileChanged(FILE_CHANGED.writing);
  if (!opened.isUnchanged()) throw new FileChanged(FILE_CHANGED.changed);
  // Somebody writes it: the next pass looks at it again.
  const result = await store.removeSeen(record.path, judged, run.signal).catch((error: unknown) => {
    throw explainedRemoval(error, 'an unfinished copy');
  });
  if (result !== 'removed' && result !== 'gone') throw new FileChanged(STILL_WRITTEN);
}
