/** What goes into segments, as lines. */
import { inBatches } from '../flow/in_batches.js';
import type { Catalogue } from './catalogue.js';
import { forgottenLine, rowLine } from './segment.js';

/** Some lines: as many as make no pause in the event loop. */
export interface LinePage {
  text: string;
  rows: number;
  forgotten: number;
  /** The path of the last row; undefined if there are no rows in it. */
  upTo: string | undefined;
}

const FORGOTTEN_AT_ONCE = 200;

/** Gives pages one after the other, and knows beforehand whether another comes. */
export class LinePages {
  readonly #pages: AsyncGenerator<LinePage, void, undefined>;
  #next: LinePage | undefined;

  private constructor(pages: AsyncGenerator<LinePage, void, undefined>) {
    this.#pages = pages;
  }

  /**
   * @param changedUpTo only what hasn't been in a segment since it changed, up to this batch
   * @param from only rows of paths after this one
   */
  static async of(
    catalogue: Pick<Catalogue, 'pages' | 'forgotten'>,
    { changedUpTo, from = '' }: { changedUpTo?: number | undefined; from?: string | undefined },
  ): Promise<LinePages> {
    const made = new LinePages(linePages(catalogue, changedUpTo, from));
    await made.#pull();
    return made;
  }

  get isAtEnd(): boolean {
    return this.#next === undefined;
  }

  async next(): Promise<LinePage | undefined> {
    const next = this.#next;
    if (next !== undefined) await this.#pull();
    return next;
  }

  async close(): Promise<void> {
    await this.#pages.return();
  }

  async #pull(): Promise<void> {
    const { value } = await this.#pages.next();
    this.#next = value ?? undefined;
  }
}

async function* linePages(
  catalogue: Pick<Catalogue, 'pages' | 'forgotten'>,
  changedUpTo: number | undefined,
  from: string,
): AsyncGenerator<LinePage, void, undefined> {
  // First what was taken out: a row that came instead then finds its place free.
  if (from === '')
    for await (const batch of inBatches(catalogue.forgotten(changedUpTo), FORGOTTEN_AT_ONCE))
      yield { text: batch.map(forgottenLine).join(''), rows: 0, forgotten: batch.length, upTo: undefined };
  for await (const rows of catalogue.pages({ changedUpTo, after: from }))
    yield { text: rows.map(rowLine).join(''), rows: rows.length, forgotten: 0, upTo: rows.at(-1)?.path };
}
