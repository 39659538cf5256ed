/**
 * SIGINT, SIGTERM and SIGHUP: the first asks for a clean stop, a second SIGINT or SIGTERM ends the process at once. A second
 * SIGHUP doesn't: a terminal that is closed may send several.
 *
 * Whether SIGHUP was ignored when the process began (`nohup`) can't be known: Node.js resets it before our code runs.
 */
import { exitCodes } from './exit_codes.js';

/** Milliseconds. npm passes on a Ctrl-C that the terminal has already sent to us: that isn't a second one. */
const repeatedWithin = 300;

export const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export class Interrupt {
  readonly #controller = new AbortController();
  readonly #signals: readonly NodeJS.Signals[];
  readonly #onFirst: (name: string) => void;
  #first = 0;

  constructor(onFirst: (name: string) => void, signals = stopSignals) {
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

  /** Restores default signal handling. After a first signal SIGHUP stays handled: a closed terminal may send another. */
  dispose(): void {
    for (const name of this.#signals)
      if (name !== 'SIGHUP' || !this.happened) process.removeListener(name, this.#listener);
  }

  readonly #listener = (name: NodeJS.Signals): void => {
    if (this.#first === 0) {
      this.#first = Date.now();
      this.#onFirst(name);
      this.#controller.abort();
    } else if (name !== 'SIGHUP' && Date.now() - this.#first >= repeatedWithin) {
      // If process.exit() takes long, a third signal kills the process.
      this.dispose();
      process.exit(exitCodes.interrupted);
    }
  };
}
