/** SIGINT and SIGTERM: the first asks for a clean stop, a second one ends the process at once. */
import { exitCodes } from './exit_codes.js';

/** npm hands a Ctrl-C on that the terminal has sent us already: that isn't a second one. Milliseconds. */
const echo = 300;

export class Interrupt {
  readonly #controller = new AbortController();
  readonly #signals: readonly NodeJS.Signals[];
  readonly #onFirst: (name: string) => void;
  #first = 0;

  constructor(onFirst: (name: string) => void, signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']) {
    this.#onFirst = onFirst;
    this.#signals = signals;
    for (const name of signals) process.on(name, this.#listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get happened(): boolean {
    return this.signal.aborted;
  }

  /** From here on signals do what they do without us. */
  dispose(): void {
    for (const name of this.#signals) process.removeListener(name, this.#listener);
  }

  readonly #listener = (name: NodeJS.Signals): void => {
    if (this.#first === 0) {
      this.#first = Date.now();
      this.#onFirst(name);
      this.#controller.abort();
    } else if (Date.now() - this.#first >= echo) {
      // Should ending take its time, one more signal kills.
      this.dispose();
      process.exit(exitCodes.interrupted);
    }
  };
}
