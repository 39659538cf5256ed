/** Asks people on a terminal, until they give an answer that will do. */
import { createInterface, type Interface } from 'node:readline/promises';

export interface Question {
  text: string;
  /** Taken for an empty answer; undefined: there must be one. */
  otherwise?: string;
  /** What is wrong with an answer. */
  problem: (answer: string) => string | undefined;
}

export class Questions {
  readonly #lines: Interface;
  readonly #gone = new AbortController();
  readonly #signal: AbortSignal;

  /** @param signal ends a question with its reason */
  constructor(signal: AbortSignal) {
    this.#signal = AbortSignal.any([signal, this.#gone.signal]);
    this.#lines = createInterface({ input: process.stdin, output: process.stderr });
    // It takes Ctrl-C as a key.
    this.#lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    this.#lines.on('close', () => {
      this.#gone.abort(new Error('the questions were not answered: nothing was written'));
    });
  }

  async ask({ text, otherwise, problem }: Question): Promise<string> {
    const shown = otherwise === undefined || otherwise === '' ? '' : ` [${otherwise}]`;
    for (;;) {
      const typed = (await this.#question(`${text}${shown}: `)).trim();
      const answer = typed === '' ? otherwise : typed;
      if (answer === '') return '';
      const wrong = answer === undefined ? 'an answer is needed' : problem(answer);
      if (answer !== undefined && wrong === undefined) return answer;
      process.stderr.write(`  ${String(wrong)}\n`);
    }
  }

  close(): void {
    this.#lines.removeAllListeners('close');
    this.#lines.close();
  }

  async #question(text: string): Promise<string> {
    try {
      return await this.#lines.question(text, { signal: this.#signal });
    } catch (error) {
      // Its own error says only that it was aborted.
      throw this.#gone.signal.aborted ? (this.#gone.signal.reason as Error) : error;
    }
  }
}
