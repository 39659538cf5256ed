/** `catalogue export`: a checksum list that `verify` reads, or an object a row. */
import { Option, type Command } from 'commander';
import type { ExportedLine, ExportFormat } from '../../jobs/catalogue/export.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { count, plural, printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import type { Screen } from '../screen.js';
import { UsageError } from '../usage_error.js';
import { writeWhole } from '../whole_file.js';
import { openCatalogueOf } from './open.js';

type Options = ConfigOptions & { format?: ExportFormat; output?: string };

const mostTold = 20;
const linesAtOnce = 1000;

export function addExport(group: Command, session: Session): void {
  const command = group
    .command('export')
    .description('write a list of checksums that verify reads, or all that is known as JSON lines')
    .addOption(
      new Option('--format <format>', 'default: checksums, with --json: jsonl').choices([
        'checksums',
        'jsonl',
      ]),
    )
    .option('-o, --output <file>', 'default: standard output');
  addConfigOptions(command, [...USES.catalogue, 'checksumType']).action(action(session, exportAll));
}

async function exportAll(invocation: Invocation<Options>): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  const { output: file } = options;
  const toScreen = output.json && file === undefined;
  const format = options.format ?? (toScreen ? 'jsonl' : 'checksums');
  if (toScreen && format !== 'jsonl')
    throw new UsageError('--json on standard output goes with --format jsonl only');
  const { catalogue } = await openCatalogueOf(invocation);
  const left = new LeftOut(screen);
  const lines = left.linesOf(catalogue.export({ format, signal }));
  if (file === undefined) {
    for await (const line of lines) {
      output.line(line);
      if (output.closed) return exitCodes.ok;
    }
  } else {
    let written = 0;
    await writeWhole(
      file,
      inPieces(lines, (count) => (written += count)),
    );
    if (output.json) output.object({ type: 'catalogue:export', file, format, written, failed: left.count });
    else output.line(`${plural(written, 'record')} written to ${printable(file)}`);
  }
  left.end();
  return left.count === 0 ? exitCodes.ok : exitCodes.failures;
}

/** Tells what such a list can't hold. */
class LeftOut {
  readonly #screen: Screen;
  count = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  async *linesOf(lines: AsyncIterable<ExportedLine>): AsyncGenerator<string, void, undefined> {
    for await (const one of lines)
      if ('line' in one) yield one.line;
      else if (++this.count <= mostTold)
        this.#screen.note(`xrootd-archive: ${printable(one.path)}: ${printable(one.message)}`);
  }

  end(): void {
    if (this.count > mostTold)
      this.#screen.note(
        `xrootd-archive: … and ${count(this.count - mostTold)} more; --format jsonl holds them all`,
      );
  }
}

/** Many lines at once: one write each would take long. @param told called with the number of lines of each piece */
async function* inPieces(
  lines: AsyncIterable<string>,
  told: (lines: number) => void,
): AsyncGenerator<string, void, undefined> {
  let group: string[] = [];
  const piece = () => {
    told(group.length);
    const text = `${group.join('\n')}\n`;
    group = [];
    return text;
  };
  for await (const line of lines) if (group.push(line) === linesAtOnce) yield piece();
  if (group.length > 0) yield piece();
}
