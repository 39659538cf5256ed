/** Gives up what doesn't end though it was cancelled. */
import { onAbort } from '../addon/abort.js';

/**
 * Milliseconds. At a silent server a copy ends before; but one that the server lets wait (kXR_wait, for hours if it likes) goes on to
 * wait: libXrdCl can't be told not to.
 */
const mostToStop = 15_000;

/** @returns undefined when the work has not ended long after the abort; it goes on */
export async function unlessGivenUp<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  let ignore = (): void => undefined;
  const givenUp = new Promise<undefined>((resolve) => {
    ignore = onAbort(signal, () => {
      timer = setTimeout(resolve, mostToStop, undefined);
    });
  });
  try {
    return await Promise.race([work, givenUp]);
  } finally {
    ignore();
    clearTimeout(timer);
  }
}
