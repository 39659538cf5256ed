/** The progress bar of a terminal, and the lines that are written above it. */
import cliProgress from 'cli-progress';
import { progressLine, type Progress } from './progress_line.js';

const nothing: Progress = {
  filesDone: 0,
  filesKnown: 0,
  bytesDone: 0,
  bytesKnown: 0,
  walkDone: false,
  rate: 0,
  etaSeconds: null,
  copying: 0,
};

export class ProgressBar {
  // A MultiBar of one: a SingleBar jumps back to the row where it started, over the lines that were logged meanwhile.
  readonly #bars: cliProgress.MultiBar;
  #latest = nothing;

  constructor(stream: NodeJS.WriteStream) {
    this.#bars = new cliProgress.MultiBar({
      stream,
      // The last column stays free: terminals wrap when it is written to.
      format: (_options, { maxWidth }: { maxWidth?: number }) =>
        progressLine(this.#latest, (maxWidth ?? 80) - 1),
      // Else it switches wrapping off for the log lines too, and cuts them.
      linewrap: true,
      forceRedraw: true,
      clearOnComplete: true,
      gracefulExit: false,
      hideCursor: false,
      fps: 10,
    });
    this.#bars.create(1, 0);
  }

  update(progress: Progress): void {
    this.#latest = progress;
  }

  /** Whole lines, above the bar. */
  log(text: string): void {
    this.#bars.log(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Takes the bar away; what was logged stays. */
  stop(): void {
    // stop() alone would drop the lines that wait.
    this.#bars.update();
    this.#bars.stop();
  }
}
