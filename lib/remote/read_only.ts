/** Finds out whether a server exports a path read-only: no stat tells, only a request that would change something. */
import { randomUUID } from 'node:crypto';
import { remotePath, RESERVED_PREFIX } from '../rules/names.js';
import { XRootDError, type FileSystem, type RequestOptions } from '../xrdcl/index.js';

/** As RemoteStore.readOnly(). Asks for the removal of a directory that nobody has ever made. */
export async function readOnly(
  fileSystem: FileSystem,
  base: string,
  options: RequestOptions,
): Promise<string | undefined> {
  const name = `${RESERVED_PREFIX}none.${randomUUID()}`;
  try {
    await fileSystem.rmdir(remotePath(base, name), options);
  } catch (error) {
    if (!(error instanceof XRootDError) || error.isConnectionFailure) throw error;
    // An xrootd's words since 4.0; others have a number for it.
    const refused = error.code === 'FsReadOnly' || /\bread[ /-]?only\b/i.test(error.serverMessage);
    // What comes before names the directory that nobody has made.
    if (refused) return error.serverMessage.replace(/^.*; */s, '') || error.code;
  }
  return undefined;
}
