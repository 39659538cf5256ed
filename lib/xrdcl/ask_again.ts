/** Questions that a server may lose: asked again while the first is still open; the first answer to any of them counts. */

export interface AskAgain {
  /** Seconds without an answer after which the question is asked again; undefined: never. */
  patience: number | undefined;
  /** Most times that the question is asked, the first time included. */
  most: number;
}

/** A question that was sent once. */
export interface Question<T> {
  answer: Promise<T>;
  /** Call it when nobody waits for the answer any more. */
  drop: () => void;
}

const stillOpen = Symbol('still open');

/** Returns the first answer or throws the first failure; then drops every question. */
export async function askAgain<T>(ask: () => Question<T>, { patience, most }: AskAgain): Promise<T> {
  const asked: Question<T>[] = [];
  try {
    for (;;) {
      const question = ask();
      // Only the first to settle is awaited below; the others must not become unhandled rejections.
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
