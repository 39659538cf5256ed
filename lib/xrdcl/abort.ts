/** One way to listen to an AbortSignal. */
import { setMaxListeners } from 'node:events';

/**
 * Calls back once when the signal aborts, also when it has already. Returns what takes the listener off. Thousands of
 * requests may share one signal: that is no leak, and Node isn't to warn of one.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener, { once: true });
  return () => {
    signal.removeEventListener('abort', listener);
  };
}
