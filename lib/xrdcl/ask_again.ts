/** Questions that a server may lose: asked once more while the first is still open, and whichever is answered first counts. */

export interface AskAgain {
  /** Seconds after which a question that is still open is asked once more; undefined: never. */
  patience: number | undefined;
  /** Most times that it is asked in all. */
  most: number;
}

/** One time that it was asked. */
export interface Question<T> {
  answer: Promise<T>;
  /** Nobody waits for the answer any more. */
  drop: () => void;
}

const stillOpen = Symbol('still open');

/** The first answer, or the first failure; then every question is dropped. */
export async function askAgain<T>(ask: () => Question<T>, { patience, most }: AskAgain): Promise<T> {
  const asked: Question<T>[] = [];
  try {
    for (;;) {
      const question = ask();
      // The one that counts is awaited below.
      question.answer.catch(() => undefined);
      asked.push(question);
      const first = Promise.race(asked.map(({ answer }) => answer));
      if (patience === undefined || asked.length >= most) return await first;
      const answer = await within(first, patience);
      if (answer !== stillOpen) return answer;
    }
  } finally {
    for (const { drop } of asked) drop();
  }
}

function within<T>(answer: Promise<T>, seconds: number): Promise<T | typeof stillOpen> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(stillOpen);
    }, seconds * 1000);
    timer.unref();
    answer
      .finally(() => {
        clearTimeout(timer);
      })
      .then(resolve, reject);
  });
}
