/** Removes a local file that may be removed by S1 or S12, if it still is the one that was verified (S2). */
import { captureAndRemove, type CaptureOptions, type CaptureResult } from '../../cache/capture.js';
import { splitPath, type CacheDirectory } from '../../cache/directory.js';
import { pruneEmpty } from '../../cache/prune.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { Identity } from '../../rules/identity.js';
import type { Removal } from '../../rules/removal.js';
import { hasWriters } from '../../posix/index.js';
import type { JobRun } from '../run/job_run.js';
import { FILE_CHANGED } from './file_changed.js';
import type { Outcome } from '../run/tally.js';

export interface RemovalContext {
  config: Pick<ArchiveConfig, 'pruneEmptyDirectories'>;
  root: CacheDirectory;
  run: Pick<JobRun, 'emit'>;
}

/**
 * The only place where local records are removed.
 * @param asked what captureAndRemove() asks and tells: see last_look.ts
 * @throws what captureAndRemove() and `lastLook` throw
 */
export async function removeRecord(
  { path, identity }: { path: string; identity: Identity },
  removal: Removal,
  { root, run, config }: RemovalContext,
  asked: Required<Pick<CaptureOptions, 'lastLook' | 'onPutBack'>>,
): Promise<Outcome> {
  const bytes = Number(identity.size);
  if (!removal.perform) return { result: 'removed', bytes, reason: removal.reason };
  const result = await captureAndRemove(root, path, removal.identity, { hasWriters, ...asked });
  if (result.outcome !== 'removed') return notRemoved(path, result);
  run.emit({ type: 'file:removed', path, size: bytes, reason: removal.reason });
  if (config.pruneEmptyDirectories) await pruneEmpty(root, splitPath(path)[0]);
  return { result: 'removed', bytes };
}

function notRemoved(path: string, result: Exclude<CaptureResult, { outcome: 'removed' }>): Outcome {
  switch (result.outcome) {
    case 'changed':
      return { result: 'kept', reason: FILE_CHANGED.changed };
    case 'busy':
      return { result: 'kept', reason: FILE_CHANGED.writing };
    case 'refused':
      return { result: 'kept', reason: result.reason };
    case 'vanished':
      return { result: 'kept', reason: FILE_CHANGED.gone };
    case 'blocked':
    case 'displaced':
      return { result: 'failed', failure: { path, code: 'NotRemoved', message: result.message } };
  }
}
