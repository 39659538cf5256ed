/** Which files on the server are known to be unfinished: their record is still in the cache, and longer. */
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveConfig } from '../../config/index.js';
import { receivedNameProblem } from '../../rules/received_name.js';
import { unfinishedUpload } from '../../rules/restoring.js';

/** Why a file of the server isn't the record of its name; undefined: nothing is known against it. */
export type UploadLook = (
  path: string,
  remote: { size: number; poscPending?: boolean },
) => string | undefined;

/** One look at the cache a file, where there is a cache. */
export function uploadLook({ cacheDirectory }: Pick<ArchiveConfig, 'cacheDirectory'>): UploadLook {
  const cache = cacheDirectory !== undefined && existsSync(cacheDirectory) ? cacheDirectory : undefined;
  return (path, remote) => unfinishedUpload(remote, cache === undefined ? null : recordOf(cache, path));
}

/**
 * Null also for what can't be looked at: then nothing is known. No trip to another thread: nearly always nothing is there, and a
 * trip takes longer than the local disk's answer from memory.
 */
function recordOf(cache: string, path: string): { size: number } | null {
  if (receivedNameProblem(path) !== undefined) return null;
  try {
    const stats = lstatSync(join(cache, path), { throwIfNoEntry: false });
    return stats?.isFile() === true ? { size: stats.size } : null;
  } catch {
    return null;
  }
}
