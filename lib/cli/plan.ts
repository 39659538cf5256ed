/** The list of a dry run: every file, what would be done to it, and why. */
import type { ArchiveEvent } from '../jobs/events/events.js';
import type { Style } from './colours.js';
import { bytes, plural, printable } from './format.js';
import type { Output } from './output.js';

/** Rows of a terminal that summary and prompt take. */
const ROWS_FOR_SUMMARY = 14;
const FEWEST_LINES = 10;

type Told = Pick<Output, 'line' | 'rows' | 'paint'>;

const styles: Partial<Record<string, Style>> = { copy: 'green', restore: 'green', remove: 'red' };

/**
 * Writes a line for each file; on a terminal no more than fit on a screen above the summary, and then how many there are. What stays as
 * it is is named too, if there is room for all of it; the summary counts it by reason.
 */
export class Plan {
  readonly #output: Told;
  readonly #most: number;
  readonly #planned: string[] = [];
  readonly #kept: string[] = [];
  #plannedFiles = 0;
  #keptFiles = 0;

  constructor(output: Told) {
    this.#output = output;
    const { rows } = output;
    this.#most = rows === undefined ? Infinity : Math.max(FEWEST_LINES, rows - ROWS_FOR_SUMMARY);
  }

  readonly add = (event: ArchiveEvent): void => {
    if (event.type === 'file:planned') {
      this.#plannedFiles += 1;
      const text = line(event.action, bytes(event.size), event);
      const style = styles[event.action];
      this.#tell(this.#planned, style === undefined ? text : this.#output.paint(style, text));
    } else if (event.type === 'file:kept' || event.type === 'file:skipped') {
      this.#keptFiles += 1;
      this.#tell(this.#kept, line(event.type === 'file:kept' ? 'keep' : 'skip', '', event));
    }
  };

  /** What was held back until it was known whether all of it fits. */
  end(): void {
    if (this.#plannedFiles + this.#keptFiles === 0) return;
    for (const text of this.#planned) this.#output.line(text);
    const left = this.#most === Infinity ? 0 : this.#plannedFiles - this.#planned.length;
    if (left > 0)
      this.#output.line(
        `… and ${plural(left, 'more file', 'more files')}: --log-level debug names each, and so does a pipe (| less)`,
      );
    else if (this.#plannedFiles + this.#keptFiles <= this.#most)
      for (const text of this.#kept) this.#output.line(text);
    this.#output.line('');
  }

  #tell(lines: string[], text: string): void {
    if (this.#most === Infinity) this.#output.line(text);
    else if (lines.length < this.#most) lines.push(text);
  }
}

function line(action: string, size: string, { path, reason }: { path: string; reason: string }): string {
  return `${action.padEnd(9)}  ${size.padStart(8)}  ${printable(path)}  (${printable(reason)})`;
}
