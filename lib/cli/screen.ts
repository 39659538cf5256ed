/** Standard error: log lines, notes, and on a terminal the bar below them. */
import { Writable } from 'node:stream';
import { ProgressBar } from './progress_bar.js';
import type { Progress } from './progress_line.js';

export class Screen {
  /** For a logger: its lines appear above the bar while there is one. */
  readonly stream: Writable;
  readonly #error: NodeJS.WriteStream;
  #bar: ProgressBar | undefined;

  constructor(error: NodeJS.WriteStream = process.stderr) {
    this.#error = error;
    // A closed terminal, or a reader that went away: there is nobody to report it to.
    error.on('error', () => undefined);
    this.stream = new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        this.#write(chunk.toString());
        done();
      },
    });
  }

  get isTerminal(): boolean {
    return this.#error.isTTY;
  }

  note(text: string): void {
    if (text !== '') this.#write(`${text}\n`);
  }

  /** Shows the bar until `hideBar`; without a terminal nothing. */
  showBar(): void {
    if (this.isTerminal) this.#bar ??= new ProgressBar(this.#error);
  }

  progress(progress: Progress): void {
    this.#bar?.update(progress);
  }

  hideBar(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #write(text: string): void {
    if (this.#bar === undefined) this.#error.write(text);
    else this.#bar.log(text);
  }
}
