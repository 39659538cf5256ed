/** Standard error: log lines, notes, and on a terminal the bar below them. */
import { Writable } from 'node:stream';
import { paintFor, type Paint } from './colours.js';
import { ProgressBar } from './progress_bar.js';
import type { Progress } from './progress_line.js';

export class Screen {
  /** For a logger: its lines appear above the bar while there is one. */
  readonly stream: Writable;
  readonly #error: NodeJS.WriteStream;
  readonly #paint: Paint;
  #bar: ProgressBar | undefined;

  constructor(error: NodeJS.WriteStream = process.stderr) {
    this.#error = error;
    this.#paint = paintFor(error);
    // A closed terminal, or a reader that went away: there is nobody to report it to.
    error.on('error', () => undefined);
    this.stream = new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        this.#write(this.#levelPainted(chunk.toString()));
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

  /** An error that ended the command. */
  error(text: string): void {
    this.note(text.replace(/^xrootd-archive:/, (name) => this.#paint('red', name)));
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

  /** A log line for people: `2026-01-31T12:00:00.000Z ERROR …`. */
  #levelPainted(line: string): string {
    return line.replace(
      /^(\d\S+ )(ERROR {2}|WARNING)/,
      (_, time: string, level: string) => time + this.#paint(level === 'WARNING' ? 'yellow' : 'red', level),
    );
  }

  #write(text: string): void {
    if (this.#bar === undefined) this.#error.write(text);
    else this.#bar.log(text);
  }
}
