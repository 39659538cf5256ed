/** What a copy leaves at its target: is all of it there, and what of a failed copy must go? */
import { lstat, stat, unlink } from 'node:fs/promises';
import type { NativeCopyResults, NativeStatus } from './addon.js';
import type { JobProperties } from './copy_options.js';
import { XRootDError } from './error.js';
import { FileSystem } from './file_system.js';
import { isRemoteUrl, pathOf } from './location.js';
import { dataError, errorResponse, localError, operationExpired } from './status_codes.js';

/** libXrdCl doesn't compare what it wrote to a local disk with what it was asked to: a full one truncates silently. */
export async function checkLocalTarget(
  properties: JobProperties,
  results: NativeCopyResults,
): Promise<NativeStatus | undefined> {
  const target = properties['target'] as string;
  if (isRemoteUrl(target) || properties['continue'] === true) return undefined;
  const expected = results.size ?? results.bytes;
  const found = await stat(target).catch(() => undefined);
  // A device or a pipe, which only `force` can write to, has no size.
  if (found?.size === expected || found?.isFile() === false) return undefined;
  const message = `the local file has ${found?.size ?? 'no'} bytes of ${expected}: is the disk full?`;
  return { status: 1, code: dataError, errNo: 0, message };
}

/** How a copy failed, as far as it matters for what it left. */
export interface FailedCopy {
  properties: JobProperties;
  failure: NativeStatus;
  /** Data was sent, or all of it had been: so this copy had opened the target, which without `force` was not there. */
  opened: boolean;
  /** It ended long after it was cancelled, so somebody is silent; don't wait for him again. */
  stalled: boolean;
}

function isConnectionFailure({ code }: NativeStatus): boolean {
  return Math.floor(code / 100) === 1 || code === operationExpired;
}

/** Removes what is ours. True when something of ours is left, or may be. */
export async function leavesPartial(copy: FailedCopy): Promise<boolean> {
  const { properties, failure, opened, stalled } = copy;
  const timeout = stalled ? 1 : isConnectionFailure(failure) ? 3 : 10;
  const target = properties['target'] as string;
  const mayOverwrite = properties['force'] === true || properties['continue'] === true;
  if (!opened) {
    // Refused by the server or the local disk, or never connected. Else it may have failed between open and first data.
    if (mayOverwrite || failure.code === errorResponse || failure.code === localError) return false;
    const fromHere = !isRemoteUrl(properties['source'] as string);
    if (isRemoteUrl(target) && fromHere && isConnectionFailure(failure)) return false;
    return isEmpty(target, timeout);
  }
  if (mayOverwrite) return true;
  try {
    if (isRemoteUrl(target)) await new FileSystem(target).rm(pathOf(target), { timeout });
    else await unlink(target);
    return false;
  } catch (error) {
    return !isMissing(error);
  }
}

async function isEmpty(target: string, timeout: number): Promise<boolean> {
  try {
    const found = isRemoteUrl(target)
      ? await new FileSystem(target).stat(pathOf(target), { timeout })
      : await lstat(target);
    return found.size === 0;
  } catch {
    return false;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof XRootDError
    ? error.code === 'NotFound'
    : (error as { code?: unknown }).code === 'ENOENT';
}
