/** One request to a server as a promise: timeout, abort, and errors with the caller's stack. */
import { onAbort, onceAborted } from '../addon/abort.js';
import { addon, type NativeCallback, type NativeStatus } from '../addon/addon.js';
import { XRootDError, type ErrorContext } from './error.js';

/** Options of each request to a server. */
export interface RequestOptions {
  /**
   * Seconds until the request fails with `OperationExpired`; 1 to 65,535, default 25 unless the method says otherwise.
   * The clock starts when the request is sent and counts whole seconds: up to one early or late.
   */
  timeout?: number;
  /** Rejects at once with the signal's reason. A request that was sent may still be carried out by the server. */
  signal?: AbortSignal;
}

/** Seconds: see `RequestOptions.timeout`. */
export const defaultTimeout = 25;

export function timeoutOf(options: RequestOptions | undefined, standard: number = defaultTimeout): number {
  const timeout = options?.timeout ?? standard;
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > 65_535) {
    throw new RangeError(`timeout must be a whole number of seconds from 1 to 65535, not ${timeout}`);
  }
  return timeout;
}

/** Starts a native request and returns its number. */
type Send<T> = (callback: NativeCallback<T>) => number;

interface Answer<T> {
  error: NativeStatus | undefined;
  value: T;
}

/** Something that may end the wait for an answer by calling `stop`. Returns a function that unregisters `stop`. */
export type Interruption = (stop: (reason: Error) => void) => () => void;

/**
 * Seconds after a request's own timeout. libXrdCl ends a request itself; but its threads can wait for each other for ever (5.5.3: a
 * connection that breaks while another request is sent on it), and then it ends none.
 */
const grace = 10;

/**
 * One request and its answer. After an abort the request no longer keeps the process alive.
 * @param timeout seconds after which libXrdCl ends it
 * @throws the signal's reason when it is aborted already: then nothing is sent. XRootDError SocketTimeout if libXrdCl itself
 * doesn't answer
 */
export async function request<T>(
  context: ErrorContext,
  { signal, timeout }: { signal: AbortSignal | undefined; timeout: number },
  send: Send<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const interruption: Interruption = (stop) => {
    const forget = onceAborted(signal, stop);
    const timer = setTimeout(
      () => {
        stop(XRootDError.of('SocketTimeout', 'libXrdCl has not ended the request in its time', context));
      },
      (timeout + grace) * 1000,
    );
    // The request itself keeps the process alive.
    timer.unref();
    return () => {
      forget();
      clearTimeout(timer);
    };
  };
  return await interruptible(context, interruption, send);
}

/** As `request`, ended by whatever the interruption comes from. */
export async function interruptible<T>(
  context: ErrorContext,
  interruption: Interruption,
  send: Send<T>,
): Promise<T> {
  // Making the error here, after an await, gives it the stack of the async callers without paying for a stack on every
  // successful request.
  const { error, value } = await new Promise<Answer<T>>((resolve, reject) => {
    let stop: (reason: Error) => void = reject;
    // First: if it can't be interrupted, nothing is sent.
    const forget = interruption((reason) => {
      stop(reason);
    });
    try {
      const id = send((error, value) => {
        forget();
        resolve({ error, value });
      });
      stop = (reason) => {
        addon.release(id);
        reject(reason);
      };
    } catch (error) {
      forget();
      throw error;
    }
  });
  if (error !== undefined) throw new XRootDError(error, context);
  return value;
}

/** A request answered in pieces, as an async generator of the pieces. Stopping early drops the rest. */
export async function* streamRequest<T>(
  context: ErrorContext,
  signal: AbortSignal | undefined,
  send: Send<T>,
): AsyncGenerator<T, void, undefined> {
  signal?.throwIfAborted();
  const pieces: T[] = [];
  const state: { failure?: NativeStatus; complete: boolean; left: boolean; wake?: () => void } = {
    complete: false,
    left: false,
  };
  const ignore = onAbort(signal, () => {
    state.wake?.();
  });
  const id = send((error, value, more) => {
    if (error !== undefined) state.failure ??= error;
    else if (!state.left) pieces.push(value);
    state.complete = !more;
    state.wake?.();
  });
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (state.failure !== undefined) throw new XRootDError(state.failure, context);
      const piece = pieces.shift();
      if (piece !== undefined) yield piece;
      else if (state.complete) return;
      else await new Promise<void>((resolve) => (state.wake = resolve));
    }
  } finally {
    state.left = true;
    ignore();
    addon.release(id);
  }
}
