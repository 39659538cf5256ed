/** Standard output: results for people, or one JSON object a line. Nothing else is ever written there. */

export class Output {
  readonly json: boolean;
  readonly #stream: NodeJS.WritableStream;
  #closed = false;
  #failure: Error | undefined;

  constructor(stream: NodeJS.WritableStream, json: boolean) {
    this.#stream = stream;
    this.json = json;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#closed = true;
      if (error.code !== 'EPIPE') this.#failure ??= error;
    });
  }

  /** The reader has gone (`… | head`), or the disk behind a redirection is full: writing more is of no use. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why writing failed, other than by a reader that went away. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  line(text: string): void {
    if (!this.#closed) this.#stream.write(`${text}\n`);
  }

  object(value: object): void {
    this.line(JSON.stringify(value));
  }

  /** Resolves when everything was handed over, or can't be. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      else {
        this.#stream.write('', () => {
          resolve();
        });
      }
    });
  }
}
