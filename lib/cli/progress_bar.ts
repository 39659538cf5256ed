/** The progress bar, on the terminal's last line; log lines appear above it. */
import { progressLine, type Progress } from './progress_line.js';

/** Least time between two drawings, in milliseconds. Passes report their progress ten times a second. */
const drawAgainAfter = 50;

/** Moves to the beginning of the line and erases the rest of the screen: a narrowed terminal has wrapped the bar. */
const ERASE = '\u001b[1G\u001b[0J';

export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  #line = '';
  #drawnAt = -Infinity;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  update(progress: Progress): void {
    if (performance.now() - this.#drawnAt < drawAgainAfter) return;
    this.#drawnAt = performance.now();
    // The last column stays free: terminals wrap when it is written to.
    this.#line = progressLine(progress, (this.#stream.columns || 80) - 1);
    this.#stream.write(ERASE + this.#line);
  }

  /** Writes whole lines above the bar. */
  log(text: string): void {
    this.#stream.write(`${ERASE}${text.endsWith('\n') ? text : `${text}\n`}${this.#line}`);
  }

  /** Erases the bar; what was logged stays. */
  stop(): void {
    this.#stream.write(ERASE);
  }
}
