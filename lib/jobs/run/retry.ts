/** Repeats a task after errors that may pass, with growing waits; never after an abort. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveConfig } from '../../config/index.js';
import { XRootDError } from '../../xrdcl/index.js';

export interface RetryContext {
  config: Pick<ArchiveConfig, 'retryAttempts' | 'retryDelaySeconds' | 'retryMaxDelaySeconds'>;
  /** Before the wait for another attempt. */
  onRetry: (error: XRootDError, attempt: number, retriesLeft: number) => void;
  signal: AbortSignal | undefined;
}

/**
 * @param onFailed after every attempt that failed
 * @throws what the last attempt threw; the signal's reason
 */
export async function retrying<T>(
  { config, onRetry, signal }: RetryContext,
  task: (attempt: number) => Promise<T>,
  onFailed: () => void,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await task(attempt);
    } catch (error) {
      onFailed();
      signal?.throwIfAborted();
      const retriesLeft = config.retryAttempts - attempt;
      if (!(error instanceof XRootDError) || !error.retryable || retriesLeft <= 0) throw error;
      onRetry(error, attempt, retriesLeft);
    }
    await sleep(delayAfter(attempt, config), undefined, { signal }).catch(() => {
      signal?.throwIfAborted();
    });
  }
}

/**
 * Milliseconds: doubled each time, and multiplied by a random number from 1 to 2, so that tasks that failed together aren't repeated
 * together.
 */
function delayAfter(attempt: number, config: RetryContext['config']): number {
  const { retryDelaySeconds: first, retryMaxDelaySeconds: most } = config;
  const seconds = first * 2 ** (attempt - 1) * (1 + Math.random());
  return Math.min(seconds, Math.max(first, most)) * 1000;
}
