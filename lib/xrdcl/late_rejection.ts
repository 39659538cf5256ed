/** Functions of other people may be async: what such a one rejects with would end the process if nobody heard it. */

/**
 * Hears of it when what was returned is a promise, and rejects.
 * @returns resolves when it has settled; undefined for what is no promise
 */
export function hearRejection(returned: unknown, hear: (error: unknown) => void): Promise<void> | undefined {
  const then: unknown = (returned as { then?: unknown } | null | undefined)?.then;
  if (typeof then !== 'function') return undefined;
  return Promise.resolve(returned as PromiseLike<unknown>).then(() => undefined, hear);
}
