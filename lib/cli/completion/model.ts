/** The command line as completion scripts and manual pages see it: made from the same definitions as its parser. */
import type { Command, Option } from 'commander';
import { nameOf } from '../examples.js';

export interface ModelOption {
  /** `-n`; undefined: it has only a long one. */
  short: string | undefined;
  long: string;
  description: string;
  /** What follows it: `file` of `--config <file>`; undefined: nothing. */
  value: string | undefined;
  /** The words that its value may be; empty: any. */
  words: readonly string[];
  /** It means something to this command. */
  shown: boolean;
}

export interface ModelCommand {
  /** `catalogue status`. */
  name: string;
  description: string;
  /** As help has it: `[path...]`. */
  arguments: readonly { usage: string; description: string }[];
  options: readonly ModelOption[];
  /** The last words of its subcommands; empty for one that does something itself. */
  below: readonly string[];
}

/** Words of options that the configuration checks, and not the parser. */
const configured: Readonly<Record<string, readonly string[]>> = {
  '--auto-remove': ['never', 'cached', 'backed_up'],
  '--verify': ['auto', 'checksum', 'read', 'size'],
  '--checksum-type': ['adler32', 'crc32c', 'md5', 'crc32'],
  '--log-format': ['text', 'json'],
};

/** The program itself first, groups before their commands. */
export function modelOf(command: Command): ModelCommand[] {
  const own: ModelCommand = {
    name: nameOf(command),
    description: command.description(),
    arguments: command.registeredArguments.map((each) => ({
      usage: each.required
        ? `<${each.name()}${each.variadic ? '...' : ''}>`
        : `[${each.name()}${each.variadic ? '...' : ''}]`,
      description: each.description,
    })),
    options: [...command.options.map(optionOf), help],
    below: command.commands.map((each) => each.name()),
  };
  return [own, ...command.commands.flatMap(modelOf)];
}

const help: ModelOption = {
  ...{
    short: '-h',
    long: '--help',
    description: 'help for the command',
    value: undefined,
    words: [],
    shown: true,
  },
};

function optionOf(option: Option): ModelOption {
  const long = option.long ?? option.flags;
  return {
    short: option.short ?? undefined,
    long,
    description: option.description,
    value:
      option.required || option.optional ? (/[<[]([^>\]]+)/.exec(option.flags)?.[1] ?? 'value') : undefined,
    words: option.argChoices ?? configured[long] ?? [],
    shown: !option.hidden,
  };
}

/** What a shell can complete a value with. */
export function kindOf({
  value,
  words,
}: ModelOption): 'nothing' | 'words' | 'files' | 'directories' | 'anything' {
  if (value === undefined) return 'nothing';
  if (words.length > 0) return 'words';
  if (/^(?:directory|place)\b/.test(value)) return 'directories';
  return /^file\b/.test(value) ? 'files' : 'anything';
}
