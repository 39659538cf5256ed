/** Takes the lock of a pass. If another pass holds it, either fails at once or waits, as the caller chooses. */
import { acquireLock, awaitLock, type PassLock } from '../../cache/lock.js';
import type { Shard } from '../../rules/sharding.js';
import type { JobDependencies } from './job_run.js';

export interface PassLockOptions {
  shard?: Shard | undefined;
  /** Wait for another pass to end, rather than be refused. Default false. */
  wait?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * @throws {LockedError} if another pass works there, unless `wait` is set; an AbortError if the signal ended the waiting;
 * {ConfigError} as acquireLock()
 */
export function lockPass(
  directory: string,
  { config, logger }: Pick<JobDependencies, 'config' | 'logger'>,
  { shard, wait = false, signal }: PassLockOptions,
): Promise<PassLock> {
  if (!wait) return acquireLock(directory, config.workerFilePath, shard);
  const onWait = ({ message }: Error) => {
    logger.info(`waiting for its end: ${message}`);
  };
  return awaitLock(directory, config.workerFilePath, shard, { signal, onWait });
}
