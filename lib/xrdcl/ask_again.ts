/** Questions that a server may lose: asked once more while the first is still open, and whichever is answered first counts. */

export interface AskAgain {
  /** Seconds after which a question that is still open is asked once more; undefined: never. */
  patience: number | undefined;
  /** Most times that it is asked in all. */
  most: number;
}

const stillOpen = Symbol('still open');

/**
 * The first answer, or the first failure.
 * @param ask must end when the signal is aborted, which it is as soon as nobody waits any more
 */
export async function askAgain<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { patience, most }: AskAgain,
): Promise<T> {
  const done = new AbortController();
  const { signal } = done;
  const asked: Promise<T>[] = [];
  try {
    for (;;) {
      const question = ask(signal);
      // The one that counts is awaited below.
      question.catch(() => undefined);
      asked.push(question);
      if (patience === undefined || asked.length >= most) return await Promise.race(asked);
      const answer = await firstWithin(asked, patience);
      if (answer !== stillOpen) return answer;
    }
  } finally {
    done.abort();
  }
}

function firstWithin<T>(asked: readonly Promise<T>[], seconds: number): Promise<T | typeof stillOpen> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(stillOpen);
    }, seconds * 1000);
    timer.unref();
    Promise.race(asked)
      .finally(() => {
        clearTimeout(timer);
      })
      .then(resolve, reject);
  });
}
