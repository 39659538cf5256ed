/** Completion for zsh. */
import { kindOf, type ModelCommand, type ModelOption } from './model.js';

export function zshScript(commands: readonly ModelCommand[]): string {
  return `#compdef xrootd-archive
# zsh completion for xrootd-archive; put it as _xrootd-archive into a directory of $fpath
${commands.map((command) => functionOf(command, commands)).join('\n')}
_xrootd-archive "$@"
`;
}

function functionName(name: string): string {
  return ['_xrootd-archive', ...name.split(' ').filter((word) => word !== '')].join('-');
}

function functionOf(command: ModelCommand, commands: readonly ModelCommand[]): string {
  const specs = command.options.filter(({ shown }) => shown).map((option) => `    ${specOf(option)}`);
  const name = functionName(command.name);
  if (command.below.length === 0)
    return `${name}() {\n  _arguments -s \\\n${[...specs, "    '*: :'"].join(' \\\n')}\n}`;
  const full = (word: string) => `${command.name} ${word}`.trim();
  const described = command.below.map((word) => {
    const { description = '' } = commands.find((each) => each.name === full(word)) ?? {};
    return `    ${quoted(`${word}:${description.replaceAll(':', '\\:')}`)}`;
  });
  const cases = command.below.map((word) => `        ${word}) ${functionName(full(word))} ;;`);
  return `${name}() {
  local state line
  local -a commands=(
${described.join('\n')}
  )
  _arguments -C -s \\
${[...specs, "    '1: :->command'", "    '*:: :->arguments'"].join(' \\\n')}
  case $state in
    command) _describe command commands ;;
    arguments)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}`;
}

function specOf(option: ModelOption): string {
  const { short, long, description } = option;
  const text = `[${description.replace(/[[\]:\\]/g, '\\$&')}]${actionOf(option)}`;
  if (short === undefined) return quoted(`${long}${text}`);
  return `'(${short} ${long})'{${short},${long}}${quoted(text)}`;
}

function actionOf(option: ModelOption): string {
  const value = `:${(option.value ?? '').replaceAll(':', '\\:')}:`;
  switch (kindOf(option)) {
    case 'nothing':
      return '';
    case 'words':
      return `${value}(${option.words.join(' ')})`;
    case 'directories':
      return `${value}_files -/`;
    case 'files':
      return `${value}_files`;
    case 'anything':
      return `${value} `;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
