/** Combines questions about single names that are asked in the same iteration of the event loop into one question. */

interface Question<T> {
  name: string;
  signal: AbortSignal | undefined;
  resolve: (answer: T) => void;
  reject: (error: unknown) => void;
}

export interface BatchLimits {
  /** Most names that are being asked about at once; others wait. */
  most: number;
  /** Most names in one question. */
  together: number;
}

export class BatchedQuestions<T> {
  readonly #askMany: (names: string[], signal: AbortSignal | undefined) => Promise<(T | Error)[]>;
  readonly #limits: BatchLimits;
  readonly #waiting: Question<T>[] = [];
  #asked = 0;
  #due = false;

  /** @param askMany returns the answers in the order of the names, with an error in place of each answer that failed */
  constructor(
    askMany: (names: string[], signal: AbortSignal | undefined) => Promise<(T | Error)[]>,
    limits: BatchLimits,
  ) {
    this.#askMany = askMany;
    this.#limits = limits;
  }

  /** @throws the error that `askMany` returns for this name or rejects with */
  ask(name: string, signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, signal, resolve, reject });
      if (this.#due) return;
      this.#due = true;
      setImmediate(() => {
        this.#due = false;
        this.#askWaiting();
      });
    });
  }

  #askWaiting(): void {
    while (this.#waiting.length > 0 && this.#asked < this.#limits.most) void this.#askNext();
  }

  async #askNext(): Promise<void> {
    const signal = this.#waiting[0]?.signal;
    const other = this.#waiting.findIndex((question) => question.signal !== signal);
    const room = Math.min(this.#limits.together, this.#limits.most - this.#asked);
    const questions = this.#waiting.splice(0, other < 0 ? room : Math.min(other, room));
    this.#asked += questions.length;
    try {
      const names = questions.map(({ name }) => name);
      const answers = await this.#askMany(names, signal);
      questions.forEach(({ resolve, reject }, index) => {
        const answer = answers[index] as T | Error;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
    } catch (error) {
      for (const { reject } of questions) reject(error);
    } finally {
      this.#asked -= questions.length;
      this.#askWaiting();
    }
  }
}
