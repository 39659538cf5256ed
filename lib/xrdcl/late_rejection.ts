/** Catches rejections of listeners that turn out to be async: an unhandled one would end the process. */

/**
 * If `returned` is a promise, calls `hear` with its rejection.
 * @returns a promise that resolves when `returned` has settled; undefined if `returned` is no promise
 */
export function hearRejection(returned: unknown, hear: (error: unknown) => void): Promise<void> | undefined {
  const then: unknown = (returned as { then?: unknown } | null | undefined)?.then;
  if (typeof then !== 'function') return undefined;
  return Promise.resolve(returned as PromiseLike<unknown>).then(() => undefined, hear);
}
