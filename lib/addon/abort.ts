/** One way to listen to an AbortSignal. */

/** The listeners of each signal. Only one of ours is registered at the signal and calls them all, which is much cheaper. */
const groups = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls the listener once when the signal aborts, or now if it has already. Returns a function that removes the listener.
 * Thousands of requests may share one signal.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  const group = groups.get(signal) ?? listenTo(signal);
  // A new function each time: the same listener may be added twice.
  const entry = () => {
    listener();
  };
  group.add(entry);
  return () => {
    if (group.delete(entry) && group.size === 0) leave(signal);
  };
}

/**
 * Begins work that an abort stops. It listens first: if that can't be done (an AbortController was given for a signal, for one),
 * nothing has begun.
 * @param begin gets a function that ends the listening, to be called when the work has ended; returns how to stop it
 * @throws TypeError for what is no signal; whatever `begin` throws
 */
export function stoppable(signal: AbortSignal | undefined, begin: (ignore: () => void) => () => void): void {
  let stop: () => void = () => undefined;
  const ignore = onAbort(signal, () => {
    stop();
  });
  try {
    stop = begin(ignore);
  } catch (error) {
    ignore();
    throw error;
  }
  if (signal?.aborted === true) stop();
}

/** As `onAbort`, for those who want the reason. */
export function onceAborted(signal: AbortSignal | undefined, listener: (reason: Error) => void): () => void {
  return onAbort(signal, () => {
    listener(signal?.reason as Error);
  });
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const group = new Set<() => void>();
  groups.set(signal, group);
  signal.addEventListener('abort', tellGroup);
  return group;
}

function leave(signal: AbortSignal): void {
  groups.delete(signal);
  signal.removeEventListener('abort', tellGroup);
}

function tellGroup(this: AbortSignal): void {
  const group = groups.get(this) ?? new Set();
  leave(this);
  for (const entry of group) entry();
}
