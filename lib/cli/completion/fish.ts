/** Completion for fish. */
import { kindOf, type ModelCommand, type ModelOption } from './model.js';

export function fishScript(commands: readonly ModelCommand[]): string {
  const lines = commands.flatMap((command) => [
    ...command.below.map((word) => {
      const { description = '' } =
        commands.find(({ name }) => name === `${command.name} ${word}`.trim()) ?? {};
      const not = `not __fish_seen_subcommand_from ${command.below.join(' ')}`;
      const when = command.name === '' ? '__fish_use_subcommand' : `${seen(command.name)}; and ${not}`;
      return `complete -c xrootd-archive -f -n ${quoted(when)} -a ${word} -d ${quoted(description)}`;
    }),
    ...command.options
      .filter(({ shown }) => shown)
      .map((option) => lineOf(option, whenOf(command, commands))),
  ]);
  return [
    '# fish completion for xrootd-archive; put it into ~/.config/fish/completions/xrootd-archive.fish',
    'complete -c xrootd-archive -f',
    ...lines,
    '',
  ].join('\n');
}

/** A word such as `status` is a command, and one of a group too. */
function whenOf({ name, below }: ModelCommand, commands: readonly ModelCommand[]): string {
  if (name === '') return '__fish_use_subcommand';
  if (below.length > 0) return `${seen(name)}; and not __fish_seen_subcommand_from ${below.join(' ')}`;
  const groups = commands
    .filter((each) => each.below.includes(name) && each.name !== '')
    .map((each) => each.name);
  return [seen(name), ...groups.map((group) => `not ${seen(group)}`)].join('; and ');
}

function seen(name: string): string {
  return name
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
}

function lineOf(option: ModelOption, when: string): string {
  const kinds = {
    ...{ nothing: '', files: ' -r -F', anything: ' -x', words: ` -x -a ${quoted(option.words.join(' '))}` },
    directories: " -x -a '(__fish_complete_directories)'",
  };
  const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
  const flags = `${short} -l ${option.long.slice(2)}${kinds[kindOf(option)]}`;
  return `complete -c xrootd-archive -n ${quoted(when)}${flags} -d ${quoted(option.description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
