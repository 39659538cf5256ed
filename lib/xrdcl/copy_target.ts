/** Checks that a finished copy is complete, and removes what a failed copy left at its target. */
import { lstat, stat, unlink } from 'node:fs/promises';
import type { NativeCopyResults, NativeStatus } from '../addon/addon.js';
import type { JobProperties } from './copy_options.js';
import { XRootDError } from './error.js';
import { FileSystem } from './file_system.js';
import { isRemoteUrl, pathOf } from './location.js';
import { removeMade, type MadeFile } from './made_file.js';
import {
  checkSumError,
  connectionError,
  errorResponse,
  fileNotOpen,
  invalidAddress,
  isOfConnection,
  localError,
  operationExpired,
  statusOf,
} from './status_codes.js';

/** Checks the size of a local target: libXrdCl doesn't notice when a full disk truncates the file. */
export async function checkLocalTarget(
  properties: JobProperties,
  results: NativeCopyResults,
): Promise<NativeStatus | undefined> {
  const { target } = properties;
  if (isRemoteUrl(target) || properties.continue === true) return undefined;
  const expected = results.size ?? results.bytes;
  const found = await stat(target).catch(() => undefined);
  // A device or a pipe, which only `force` can write to, has no size.
  if (found?.size === expected || found?.isFile() === false) return undefined;
  const message = `the local file has ${found?.size ?? 'no'} bytes of ${expected}: is the disk full?`;
  return statusOf('DataError', message);
}

/** How a copy failed, as far as it matters for what it left. */
export interface FailedCopy {
  properties: JobProperties;
  failure: NativeStatus;
  /** It had opened its target, which without `force` was not there before. Undefined: nobody knows. */
  opened: boolean | undefined;
  /** The request to open the target was begun. */
  asked: boolean;
  /** What it made on a server, if that is known. */
  made: MadeFile | undefined;
  /** What it made on this machine, if that is known: `device:inode`. */
  localFile: string | undefined;
  /** It ended long after it was cancelled, so a server is silent: don't wait long for it again. */
  stalled: boolean;
}

/** If so, the server has closed the files that it had open for us, or will close them. */
export function isConnectionLost({ code, errNo }: NativeStatus): boolean {
  return isOfConnection(code) || (code === errorResponse && errNo === fileNotOpen);
}

function neverConnected({ code }: NativeStatus): boolean {
  return code === invalidAddress || code === connectionError;
}

function isConnectionFailure({ code }: NativeStatus): boolean {
  return isOfConnection(code) || code === operationExpired;
}

/** Removes the file that the failed copy made. True when it is left, or may be. */
export async function leavesPartial(copy: FailedCopy): Promise<boolean> {
  const { properties, failure, opened } = copy;
  const mayOverwrite = properties.force === true || properties.continue === true;
  if (opened === true) {
    if (mayOverwrite) return true;
    return isRemoteUrl(properties.target) ? leavesRemote(copy) : leavesLocal(copy);
  }
  // If the open was refused or never sent, there is no file. Otherwise its answer may have been lost, or the copy failed
  // between open and first data.
  const refused = failure.code === errorResponse || failure.code === localError;
  if (mayOverwrite || refused || !copy.asked) return false;
  const fromHere = !isRemoteUrl(properties.source);
  const toServer = isRemoteUrl(properties.target);
  if (toServer && fromHere && neverConnected(failure)) return false;
  return mayBeEmpty(copy);
}

/** Seconds for one question about what is left. */
function timeoutOf({ failure, stalled }: FailedCopy): number {
  return stalled ? 1 : isConnectionFailure(failure) ? 3 : 10;
}

async function leavesRemote(copy: FailedCopy): Promise<boolean> {
  const { target } = copy.properties;
  const files = new FileSystem(target);
  // A complete copy with a wrong checksum is removed only if the caller asked for that.
  const complete = copy.failure.code === checkSumError && copy.properties.rmOnBadCksum === true;
  const options = { timeout: timeoutOf(copy), complete };
  // Without an identity we can't know whether the file is ours.
  if (copy.made === undefined) return exists(files.stat(pathOf(target), options));
  return await removeMade(files, pathOf(target), copy.made, options).then(
    (removal) => removal === 'unsure',
    () => true,
  );
}

async function leavesLocal({ properties, localFile }: FailedCopy): Promise<boolean> {
  const { target } = properties;
  if (localFile === undefined) return exists(lstat(target));
  try {
    const { dev, ino } = await lstat(target, { bigint: true });
    // Somebody has put another file there; ours has gone.
    if (`${dev}:${ino}` !== localFile) return false;
    await unlink(target);
    return false;
  } catch (error) {
    return !isMissing(error);
  }
}

/** False only when it is certain that nothing is there. */
async function exists(stat: Promise<unknown>): Promise<boolean> {
  return await stat.then(
    () => true,
    (error: unknown) => !isMissing(error),
  );
}

/** False only when it is certain that no empty file is there: such a copy can leave nothing but an empty file. */
async function mayBeEmpty(copy: FailedCopy): Promise<boolean> {
  const { target } = copy.properties;
  try {
    const found = isRemoteUrl(target)
      ? await new FileSystem(target).stat(pathOf(target), { timeout: timeoutOf(copy) })
      : await lstat(target);
    return found.size === 0;
  } catch (error) {
    return !isMissing(error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof XRootDError
    ? error.code === 'NotFound'
    : (error as { code?: unknown }).code === 'ENOENT';
}
