/** One way to listen to an AbortSignal. */

/** Those who listen to a signal: one listener of the signal's own for all of them, which is much cheaper. */
const groups = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal aborts, also when it has already. Returns what takes the listener off. Thousands of
 * requests may share one signal.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  const group = groups.get(signal) ?? listenTo(signal);
  // An object of its own: the same function may listen twice.
  const entry = () => {
    listener();
  };
  group.add(entry);
  return () => {
    if (group.delete(entry) && group.size === 0) leave(signal);
  };
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
