/** Which files on the server are known to be unfinished: their record is still in the cache, and longer. */
import { existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveConfig } from '../config/index.js';
import { checkReceivedName } from '../rules/received_name.js';
import { unfinishedUpload } from '../rules/restoring.js';

/** Why a file of the server isn't the record of its name; undefined: nothing is known against it. */
export type UploadLook = (
  path: string,
  remote: { size: number; poscPending?: boolean },
) => Promise<string | undefined>;

/** One look at the cache a file, where there is a cache. */
export function uploadLook({ cacheDirectory }: Pick<ArchiveConfig, 'cacheDirectory'>): UploadLook {
  const cache = cacheDirectory !== undefined && existsSync(cacheDirectory) ? cacheDirectory : undefined;
  return async (path, remote) => {
    const cached = cache === undefined ? null : await recordOf(cache, path);
    return unfinishedUpload(remote, cached);
  };
}

/** Null also for what can't be looked at: then nothing is known. */
async function recordOf(cache: string, path: string): Promise<{ size: number } | null> {
  if (!checkReceivedName(path).ok) return null;
  const stats = await lstat(join(cache, path)).catch(() => null);
  return stats?.isFile() === true ? { size: stats.size } : null;
}
