/** Checksums of local files that are perhaps being written. */
import type { OpenRecord } from '../../cache/open_record.js';
import { hasWriters } from '../../posix/index.js';
import { FileChanged, FILE_CHANGED } from './file_changed.js';

/**
 * The checksum of a file that stays as it is. Who writes through a shared mapping moves no time, as long as the page wasn't
 * written back; so whoever has the file open for writing, or mapped, is asked for before it is read. Whoever opens it later
 * moves its times with the first byte that he writes, through a mapping, too (page_mkwrite).
 * @throws {FileChanged}
 */
export async function sumUnchanged<T>(
  record: Pick<OpenRecord, 'fd' | 'isUnchanged'>,
  sum: () => Promise<T>,
): Promise<T> {
  if (hasWriters(record.fd) === true) throw new FileChanged(FILE_CHANGED.writing);
  const result = await sum();
  // Else a file that is being rewritten would look like a conflict.
  if (!record.isUnchanged()) throw new FileChanged(FILE_CHANGED.changed);
  return result;
}
