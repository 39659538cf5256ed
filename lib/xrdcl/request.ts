/** One request to a server as a promise: timeout, abort, and errors with the caller's stack. */
import type { NativeCallback } from './addon.js';
import { XRootDError, type ErrorContext } from './error.js';

export interface RequestOptions {
  /**
   * Seconds until the request fails with `OperationExpired`; 1 to 65,535, default 25 unless the method says otherwise.
   * The clock starts when the request is sent and is looked at every second.
   */
  timeout?: number;
  /** Rejects at once with the signal's reason. A request that was sent may still be carried out by the server. */
  signal?: AbortSignal;
}

export const defaultTimeout = 25;

export function timeoutOf(options: RequestOptions | undefined, standard: number = defaultTimeout): number {
  const timeout = options?.timeout ?? standard;
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > 65_535) {
    throw new RangeError(`timeout must be a whole number of seconds from 1 to 65535, not ${timeout}`);
  }
  return timeout;
}

/**
 * Awaiting the native call in here, and making the error afterwards, gives it the stack of the async callers without
 * paying for a stack on every successful request.
 */
export async function request<T>(
  context: ErrorContext,
  signal: AbortSignal | undefined,
  send: (callback: NativeCallback<T>) => void,
): Promise<T> {
  signal?.throwIfAborted();
  const answer = await new Promise<{ error: Parameters<NativeCallback<T>>[0]; value: T }>((resolve, reject) => {
    const abort = () => {
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
    send((error, value) => {
      signal?.removeEventListener('abort', abort);
      resolve({ error, value });
    });
  });
  if (answer.error !== undefined) throw new XRootDError(answer.error, context);
  return answer.value;
}

/** A request answered in pieces, as an async generator of the pieces. Stopping early drops the rest. */
export async function* streamRequest<T>(
  context: ErrorContext,
  signal: AbortSignal | undefined,
  send: (callback: NativeCallback<T>) => void,
): AsyncGenerator<T, void, undefined> {
  signal?.throwIfAborted();
  const pieces: T[] = [];
  let failure: Error | undefined;
  let complete = false;
  let wake: (() => void) | undefined;
  const abort = () => {
    failure = signal?.reason as Error;
    wake?.();
  };
  signal?.addEventListener('abort', abort, { once: true });
  send((error, value, more) => {
    if (error !== undefined) failure ??= new XRootDError(error, context);
    else pieces.push(value);
    complete = !more;
    wake?.();
  });
  try {
    for (;;) {
      if (failure !== undefined) throw failure;
      const piece = pieces.shift();
      if (piece !== undefined) yield piece;
      else if (complete) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
