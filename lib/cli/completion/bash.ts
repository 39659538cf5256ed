/** Completion for bash; needs nothing of the package bash-completion. */
import { kindOf, type ModelCommand, type ModelOption } from './model.js';

export function bashScript(commands: readonly ModelCommand[]): string {
  const named = commands.filter(({ name }) => name !== '');
  return `# bash completion for xrootd-archive; source it, or put it into /etc/bash_completion.d
_xrootd_archive() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "\${command:+$command }$word" in
${named.map(({ name }) => `      '${name}') command='${name}' ;;`).join('\n')}
    esac
  done
  case "$command $prev" in
${commands.flatMap(({ name, options }) => options.flatMap((option) => valueCase(name, option))).join('\n')}
  esac
  case $command in
${commands.map(wordsCase).join('\n')}
  esac
}
complete -F _xrootd_archive xrootd-archive
`;
}

function valueCase(command: string, option: ModelOption): string[] {
  const replies: Record<string, string | undefined> = {
    ...{ nothing: undefined, files: 'compgen -f -- "$cur"', directories: 'compgen -d -- "$cur"' },
    ...{ anything: '', words: `compgen -W '${option.words.join(' ')}' -- "$cur"` },
  };
  const reply = replies[kindOf(option)];
  if (reply === undefined) return [];
  const flags = [option.long, option.short].filter((flag) => flag !== undefined);
  const pattern = flags.map((flag) => `'${command} ${flag}'`).join(' | ');
  return [
    `    ${pattern}) ${reply === '' ? '' : `mapfile -t COMPREPLY < <(${reply}); compopt -o filenames; `}return ;;`,
  ];
}

function wordsCase({ name, options, below }: ModelCommand): string {
  const flags = options
    .filter(({ shown }) => shown)
    .flatMap(({ short, long }) => [long, ...(short === undefined ? [] : [short])]);
  return `    '${name}')
      if [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '${flags.join(' ')}' -- "$cur")
      else mapfile -t COMPREPLY < <(compgen -W '${below.join(' ')}' -- "$cur"); fi ;;`;
}
