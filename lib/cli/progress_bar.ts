/** The progress bar of a terminal: its last line, below all that is written meanwhile. */
import { progressLine, type Progress } from './progress_line.js';

/** Milliseconds: what comes sooner after the last drawing isn't drawn. Passes tell of their progress ten times a second. */
const drawAgainAfter = 50;

/** Back to the beginning of the line, and what is from there on goes: a narrowed terminal has wrapped it. */
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

  /** Whole lines, above the bar. */
  log(text: string): void {
    this.#stream.write(`${ERASE}${text.endsWith('\n') ? text : `${text}\n`}${this.#line}`);
  }

  /** Takes the bar away; what was logged stays. */
  stop(): void {
    this.#stream.write(ERASE);
  }
}
