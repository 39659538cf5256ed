/** Work that the robot has begun and nobody waits for; it can be asked when none of it is left. */
export class RunningWork {
  readonly #nothingPlanned: () => boolean;
  #running = 0;
  #stopped = false;
  #whenQuiet: (() => void)[] = [];

  /** @param nothingPlanned false while more will begin by itself */
  constructor(nothingPlanned: () => boolean) {
    this.#nothingPlanned = nothingPlanned;
  }

  begin(work: () => Promise<void>): void {
    this.#running++;
    const ended = (): void => {
      this.#running--;
      if (this.isQuiet) this.#tellQuiet();
    };
    work().then(ended, (error: unknown) => {
      // Errors while the sandbox stops are expected: its files are being removed.
      if (!this.#stopped) process.emitWarning(`tape robot: ${String(error)}`);
      ended();
    });
  }

  get isQuiet(): boolean {
    return this.#running === 0 && this.#nothingPlanned();
  }

  async untilQuiet(): Promise<void> {
    if (this.isQuiet || this.#stopped) return;
    await new Promise<void>((resolve) => this.#whenQuiet.push(resolve));
  }

  stop(): void {
    this.#stopped = true;
    this.#tellQuiet();
  }

  #tellQuiet(): void {
    const waiting = this.#whenQuiet;
    this.#whenQuiet = [];
    for (const resolve of waiting) resolve();
  }
}
