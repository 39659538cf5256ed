/** S4: a shorter file on the server may also be a whole record that left the cache earlier, and that the new one begins with. */
import { CatalogueError } from '../../catalogue/error.js';
import { ConfigError } from '../../config/index.js';
import type { RemoteStat } from '../../remote/store.js';
import type { Classification } from '../../rules/remote_state.js';
import type { BackupContext } from './backup_context.js';

const UNKNOWN = "whether its shorter remote file is a whole record can't be known";

/** @returns what was found, unless the catalogue knows of such a record, or can't be asked (S11) */
export async function unlessLeft(
  partial: Classification,
  path: string,
  remote: RemoteStat | null,
  { left, book }: BackupContext,
): Promise<Classification> {
  if (remote === null) return partial;
  if (book.lacksRows) return { state: 'unknown', reason: `${UNKNOWN}: rows are missing in the catalogue` };
  try {
    if (!(await left.has(path, remote.size))) return partial;
  } catch (error) {
    if (!(error instanceof CatalogueError) && !(error instanceof ConfigError)) throw error;
    return { state: 'unknown', reason: `${UNKNOWN}: ${error.message}` };
  }
  const what = `the remote file is a record of that name that has left the cache (${remote.size} bytes)`;
  return { state: 'conflict', reason: `${what}, and this one begins with the same bytes` };
}
