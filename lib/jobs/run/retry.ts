/** Tries again what is worth another try, with back-off; an aborted call is not tried again. */
import pRetry from 'p-retry';
import type { ArchiveConfig } from '../../config/index.js';
import { XRootDError } from '../../xrdcl/index.js';

export interface RetryContext {
  config: Pick<ArchiveConfig, 'retryAttempts' | 'retryDelaySeconds' | 'retryMaxDelaySeconds'>;
  /** Before the wait for another attempt. */
  onRetry: (error: XRootDError, attempt: number, retriesLeft: number) => void;
  signal: AbortSignal | undefined;
}

/** @param onFailed after every attempt that failed */
export async function retrying<T>(
  { config, onRetry, signal }: RetryContext,
  task: (attempt: number) => Promise<T>,
  onFailed: () => void,
): Promise<T> {
  signal?.throwIfAborted();
  let first: unknown;
  try {
    // Nearly always this is all, and pRetry's own bookkeeping costs more than many of these tasks.
    return await task(1);
  } catch (error) {
    first = error;
  }
  const next = (attempt: number) => {
    if (attempt === 1) throw first;
    return task(attempt);
  };
  return await pRetry(next, {
    retries: config.retryAttempts - 1,
    minTimeout: config.retryDelaySeconds * 1000,
    maxTimeout: Math.max(config.retryDelaySeconds, config.retryMaxDelaySeconds) * 1000,
    randomize: true,
    ...(signal && { signal }),
    shouldRetry: ({ error, attemptNumber, retriesLeft }) => {
      const retry = error instanceof XRootDError && error.retryable && retriesLeft > 0;
      if (retry) onRetry(error, attemptNumber, retriesLeft);
      return retry;
    },
    onFailedAttempt: onFailed,
  });
}
