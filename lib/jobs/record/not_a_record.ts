/** Entries of a walk that are no records: they are reported; what a crash left behind is cleaned up. */
import type { CacheDirectory } from '../../cache/directory.js';
import { handleLeftover } from '../../cache/leftovers.js';
import type { CacheRecord, Leftover, WalkEntry } from '../../cache/walk.js';
import type { Logger } from '../../config/index.js';
import { OUTSIDE } from '../../rules/scope.js';
import { failed, failureOf } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import type { Outcome } from '../run/tally.js';

export interface NonRecordContext {
  root: CacheDirectory;
  run: JobRun;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Is the path excluded by the configuration? Then it is no failure. Default: no. */
  excluded?: (path: string) => boolean;
  /** Is the capture of the record with this path ours to deal with? Default: yes. */
  only?: ((path: string) => boolean) | undefined;
  /** Called for each file that would be a record, and stays because of a failure. */
  stays?: (file: Pick<CacheRecord, 'path' | 'identity'>) => void;
}

export async function handleNonRecord(
  entry: Exclude<WalkEntry, CacheRecord>,
  context: NonRecordContext,
): Promise<void> {
  switch (entry.kind) {
    case 'vanished':
      return;
    case 'problem': {
      const { path, code, errno, message, identity } = entry;
      const failure = { path, code, ...(errno && { errno }), message };
      const excluded = context.excluded?.(path) === true;
      context.run.finish(
        excluded ? { result: 'kept', reason: OUTSIDE.excluded } : { result: 'failed', failure },
      );
      if (!excluded && identity !== undefined) context.stays?.({ path, identity });
      return;
    }
    case 'leftover':
      await clearUp(entry, context);
  }
}

async function clearUp(leftover: Leftover, context: NonRecordContext): Promise<void> {
  const { root, run, logger, now } = context;
  const { path } = leftover;
  const fails = (outcome: Outcome) => {
    run.finish(outcome);
    if (leftover.leftover === 'removing') context.stays?.(leftover);
  };
  if (run.dryRun) {
    logger.info('a file of an earlier run was left behind', { path });
    return;
  }
  try {
    const result = await handleLeftover(root, leftover, now(), context.only);
    if (result.outcome === 'displaced') fails(failed(path, 'Displaced', result.message));
    else if (result.outcome === 'restored' || result.outcome === 'abandoned') {
      const { outcome } = result;
      logger.warn('a file that a crash left behind was dealt with', { path, outcome });
    }
  } catch (error) {
    fails({ result: 'failed', failure: failureOf(path, error) });
  }
}
