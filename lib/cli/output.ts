/** Standard output: results for people, or one JSON object per line. Nothing else is written there. */
import { paintFor, type Paint } from './colours.js';

export class Output {
  readonly json: boolean;
  /** Colours, if it is a terminal that takes them. */
  readonly paint: Paint;
  readonly #stream: NodeJS.WritableStream;
  #closed = false;
  #failure: Error | undefined;

  constructor(stream: NodeJS.WritableStream, json: boolean) {
    this.#stream = stream;
    this.json = json;
    this.paint = paintFor(stream as Partial<NodeJS.WriteStream>);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#closed = true;
      if (error.code !== 'EPIPE') this.#failure ??= error;
    });
  }

  /** Rows of the terminal; undefined if it is none. */
  get rows(): number | undefined {
    const { isTTY, rows } = this.#stream as Partial<NodeJS.WriteStream>;
    return isTTY === true ? rows : undefined;
  }

  /** True when writing is useless: the reader has gone (`… | head`), or writing failed, as on a full disk. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why writing failed, unless the reader went away. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  line(text: string): void {
    if (!this.#closed) this.#stream.write(`${text}\n`);
  }

  object(value: object): void {
    this.line(JSON.stringify(value));
  }

  /** Resolves when everything was written, or can't be. */
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
