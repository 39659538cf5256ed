/** Removing the local file of a record that was found safe in this pass (S2), and what became of it. */
import { captureAndRemove, type CaptureResult } from '../cache/capture.js';
import { splitPath, type CacheDirectory } from '../cache/directory.js';
import { pruneEmpty } from '../cache/prune.js';
import type { CacheRecord } from '../cache/walk.js';
import type { ArchiveConfig } from '../config/index.js';
import type { Decision } from '../rules/removal.js';
import { hasWriters } from '../xrdcl/index.js';
import type { Emit } from './event_bus.js';
import type { Outcome } from './tally.js';

export const GONE = 'gone before it was looked at';
export const CHANGED = 'changed while it was worked on';
export const WRITING = 'open for writing in another process';

export interface RemovalContext {
  config: Pick<ArchiveConfig, 'pruneEmptyDirectories'>;
  root: CacheDirectory;
  emit: Emit;
}

export async function removeRecord(
  record: CacheRecord,
  decision: Extract<Decision, { action: 'remove' }>,
  { root, emit, config }: RemovalContext,
): Promise<Outcome> {
  const { path } = record;
  const bytes = Number(record.identity.size);
  if (!decision.perform) return { result: 'removed', bytes };
  const result = await captureAndRemove(root, path, decision.identity, { hasWriters });
  if (result.outcome === 'removed') {
    emit({ type: 'file:removed', path, size: bytes, reason: decision.reason });
    if (config.pruneEmptyDirectories) await pruneEmpty(root, splitPath(path)[0]);
    return { result: 'removed', bytes };
  }
  return notRemoved(record, result);
}

function notRemoved(record: CacheRecord, result: Exclude<CaptureResult, { outcome: 'removed' }>): Outcome {
  switch (result.outcome) {
    case 'changed':
      return { result: 'kept', reason: CHANGED };
    case 'busy':
      return { result: 'kept', reason: WRITING };
    case 'vanished':
      return { result: 'kept', reason: GONE };
    case 'blocked':
    case 'displaced':
      return {
        result: 'failed',
        failure: { path: record.path, code: 'NotRemoved', message: result.message },
      };
  }
}
