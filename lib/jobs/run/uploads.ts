/** Looks into the cache: is a record still there? And which files on the server are unfinished, since their record is longer? */
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveConfig } from '../../config/index.js';
import { receivedNameProblem } from '../../rules/received_name.js';
import { unfinishedUpload } from '../../rules/restoring.js';

/** Why a file on the server isn't the whole record of its name; undefined if nothing says so. */
export type UploadLook = (
  path: string,
  remote: { size: number; poscPending?: boolean },
) => string | undefined;

/** Stats the record in the cache, if there is a cache. */
export function uploadLook(config: Pick<ArchiveConfig, 'cacheDirectory'>): UploadLook {
  const look = recordLook(config);
  return (path, remote) => unfinishedUpload(remote, look(path));
}

/** The record of this name in the cache; null if there is none, or no cache. */
export function recordLook(
  config: Pick<ArchiveConfig, 'cacheDirectory'>,
): (path: string) => { size: number } | null {
  const cache = existingCache(config);
  return (path) => (cache === undefined ? null : recordOf(cache, path));
}

/** Is something of this name in the cache? Undefined: there is no cache to look into, or it can't be told. */
export function cacheLook(
  config: Pick<ArchiveConfig, 'cacheDirectory'>,
): (path: string) => boolean | undefined {
  const cache = existingCache(config);
  return (path) => {
    if (cache === undefined) return undefined;
    if (receivedNameProblem(path) !== undefined) return false;
    try {
      return lstatSync(join(cache, path), { throwIfNoEntry: false }) !== undefined;
    } catch {
      return undefined;
    }
  };
}

function existingCache({ cacheDirectory }: Pick<ArchiveConfig, 'cacheDirectory'>): string | undefined {
  return cacheDirectory !== undefined && existsSync(cacheDirectory) ? cacheDirectory : undefined;
}

/**
 * Null also if it can't be statted. Synchronous on purpose: there nearly always is no such file, and handing the call to another thread
 * would take longer than the kernel's answer from memory.
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
