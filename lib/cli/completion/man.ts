/** Manual pages, in roff's man macros. */
import type { Example } from '../examples.js';
import type { ModelCommand, ModelOption } from './model.js';

export interface Page {
  /** `xrootd-archive-backup.1` */
  file: string;
  text: string;
}

export interface ManOptions {
  version: string;
  examples: Readonly<Record<string, readonly Example[]>>;
  /** Of the program: what its help ends with. */
  epilogue: string;
}

/** A page of the program, the first one, and one of each command. */
export function manPages(commands: readonly ModelCommand[], options: ManOptions): Page[] {
  return commands.map((command) => ({
    file: `${pageName(command.name)}.1`,
    text: [...headOf(command, options), ...bodyOf(command, commands, options), ''].join('\n'),
  }));
}

function pageName(name: string): string {
  return ['xrootd-archive', ...name.split(' ').filter((word) => word !== '')].join('-');
}

function headOf(
  { name, description, arguments: given, below }: ModelCommand,
  { version }: ManOptions,
): string[] {
  const rest = below.length > 0 ? ['COMMAND'] : given.map(({ usage }) => usage);
  return [
    `.TH ${pageName(name).toUpperCase().replaceAll('-', '\\-')} 1 "" "xrootd\\-archive ${escaped(version)}"`,
    '.SH NAME',
    `${escaped(pageName(name))} \\- ${escaped(description)}`,
    '.SH SYNOPSIS',
    `.B ${escaped(`xrootd-archive ${name}`.trim())}`,
    escaped(['[OPTIONS]', ...rest].join(' ')),
  ];
}

function bodyOf(
  { name, arguments: given, options, below }: ModelCommand,
  commands: readonly ModelCommand[],
  { examples, epilogue }: ManOptions,
): string[] {
  const shown = options.filter((option) => option.shown);
  const own = (word: string) => commands.find((each) => each.name === `${name} ${word}`.trim());
  const below_ = below.map((word) =>
    item(`${escaped(pageName(`${name} ${word}`.trim()))}(1)`, own(word)?.description ?? ''),
  );
  const shownExamples = (examples[name] ?? []).flatMap(({ line, does }) => [
    ...['.PP', `${escaped(does)}:`, '.PP', '.RS', '.nf', escaped(`xrootd-archive ${line}`), '.fi', '.RE'],
  ]);
  return [
    ...section('COMMANDS', below_),
    ...section(
      'ARGUMENTS',
      given.map(({ usage, description }) => item(`.I ${escaped(usage)}`, description)),
    ),
    ...section(
      'OPTIONS',
      shown.map((option) => item(`.B ${escaped(flagsOf(option))}`, option.description)),
    ),
    ...(shownExamples.length === 0 ? [] : ['.SH EXAMPLES', ...shownExamples]),
    ...(name === '' ? ['.SH EXIT STATUS', escaped(epilogue)] : ['.SH SEE ALSO', '.BR xrootd\\-archive (1)']),
  ];
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`.SH ${title}`, ...items];
}

function item(term: string, description: string): string {
  return `.TP\n${term}\n${escaped(description)}`;
}

function flagsOf({ short, long, value }: ModelOption): string {
  const flags = short === undefined ? long : `${short}, ${long}`;
  return value === undefined ? flags : `${flags} <${value}>`;
}

/** No character of it is roff's. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
    .replace(/^(?=\.)/, '\\&');
}
