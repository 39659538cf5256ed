/** What to do with the temporary files that a crash left behind. */
import * as fs from 'node:fs/promises';
import type { Identity } from '../rules/identity.js';
import { recoverCapture, type RecoverResult } from './capture.js';
import { named, splitPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import type { Leftover } from './walk.js';

/**
 * A put() that hasn't written for a week is taken for dead. It was never a record; a stream that slow would find its
 * file gone and say so.
 */
export const ABANDONED_AFTER_SECONDS = 7 * 86_400;

export type LeftoverResult = RecoverResult | { outcome: 'incoming' | 'abandoned' };

/**
 * A capture goes back to its name (`restored`), unless a newer file has it (`displaced`: a failure to report).
 * An unfinished put() stays (`incoming`), or is removed once it is abandoned.
 * @param now milliseconds since the epoch
 * @param only as recoverCapture() has it
 */
export async function handleLeftover(
  root: CacheDirectory,
  leftover: Leftover,
  now: number,
  only?: (path: string) => boolean,
): Promise<LeftoverResult> {
  if (leftover.leftover === 'removing') return recoverCapture(root, leftover.path, only, now);
  if (!isAbandoned(leftover.identity, now)) return { outcome: 'incoming' };
  const [parent, name] = splitPath(leftover.path);
  const directory = await root.openBeneath(parent);
  try {
    await named(directory, () => fs.unlink(directory.entry(name)));
    return { outcome: 'abandoned' };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return { outcome: 'vanished' };
    throw error;
  } finally {
    await directory.close();
  }
}

function isAbandoned(identity: Identity, now: number): boolean {
  const latest = identity.mtimeNs > identity.ctimeNs ? identity.mtimeNs : identity.ctimeNs;
  return now / 1000 - Number(latest / 1_000_000_000n) > ABANDONED_AFTER_SECONDS;
}
