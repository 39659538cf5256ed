/** Tells the story: numbered steps, plain sentences, and what was seen. */
import { table } from '../lib/cli/format.js';

const widest = 88;
const narrowest = 20;

export class Narrator {
  readonly #out: NodeJS.WriteStream;
  readonly #steps: number;
  #step = 0;

  constructor(out: NodeJS.WriteStream, steps: number) {
    this.#out = out;
    this.#steps = steps;
    out.on('error', () => undefined);
  }

  /** A heading, and what is going to happen. */
  step(title: string, sentences: string, command?: string): void {
    this.#step++;
    this.line('');
    this.line(`── ${this.#step}/${this.#steps}  ${title} ${'─'.repeat(Math.max(2, 66 - title.length))}`);
    for (const line of wrapped(sentences, this.#width)) this.line(line);
    if (command !== undefined) this.line(`   $ ${command}`);
  }

  get #width(): number {
    // A terminal that doesn't know its width says 0.
    const columns = this.#out.isTTY ? this.#out.columns : 0;
    return columns > narrowest ? Math.min(widest, columns - 1) : widest;
  }

  line(text: string): void {
    this.#out.write(`${text}\n`);
  }

  result(text: string): void {
    this.line(`   ✓ ${text}`);
  }

  table(rows: readonly (readonly string[])[], right: readonly number[]): void {
    this.line('');
    for (const row of table(rows, right, '     ')) this.line(row);
    this.line('');
  }
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
