/** The completion script for zsh. */
import { quotedWord } from '../shared/words.ts';
import type { CommandInfo, Flag, Kind, Place, ProgramInfo } from './completion-commands.ts';

export function zshScript({ commands, flags, fallback }: ProgramInfo): string {
  return `#compdef cluster-up
# Completion of cluster-up for zsh. Either save it as _cluster-up in a folder of $fpath,
# or put this into ~/.zshrc after compinit: source <(cluster-up completion zsh)

_cluster_up_apps() {
  local -a apps
  local file=\${opt_args[--file]:-\${opt_args[-f]}}
  apps=(\${(f)"$(command cluster-up completion --apps \${file:+--file} \${file:+"$file"} 2>/dev/null)"} "$@")
  compadd -a apps
}

_cluster_up_commands() {
  local -a commands
  commands=(
${commands.flatMap(({ names, description }) => names.map((name) => `    ${quotedWord(`${name}:${description}`)}`)).join('\n')}
  )
  _describe -t commands command commands
}

_cluster_up() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C \\
${flags.map((flag) => `    ${flagSpec(flag)} \\\n`).join('')}    '1: :->first' \\
    '*:: :->rest'
  case $state in
    first) _alternative 'commands:command:_cluster_up_commands' 'files:file:_files' ;;
    rest)
      case $words[1] in
${commands.map((command) => branch(command.names.join('|'), command, command.places)).join('\n')}
${branch('*', fallback, fallback.places.slice(1))}
      esac
      ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _cluster_up "$@"
else
  compdef _cluster_up cluster-up
fi
`;
}

function branch(pattern: string, { flags }: CommandInfo, places: readonly Place[]): string {
  const specs = [...flags.map(flagSpec), ...places.map(placeSpec)];
  return `        ${pattern}) _arguments ${specs.join(' ')} ;;`;
}

function flagSpec({ names, description, value }: Flag): string {
  const action = value === null ? '' : `:value:${actionOf(value)}`;
  const told = quotedWord(`[${escape(description)}]${action}`);
  // A short and a long name exclude each other.
  return names.length > 1
    ? `${quotedWord(`(${names.join(' ')})`)}{${names.join(',')}}${told}`
    : `${names[0] ?? ''}${told}`;
}

function placeSpec({ name, value, isRepeated }: Place, i: number): string {
  return quotedWord(`${isRepeated ? '*' : i + 1}:${escape(name)}:${actionOf(value)}`);
}

function actionOf(value: Kind): string {
  switch (value.kind) {
    case 'apps':
      return value.all ? '{_cluster_up_apps all}' : '_cluster_up_apps';
    case 'files':
      return '_files';
    case 'words':
      return `(${value.words.join(' ')})`;
    case 'any':
      return '';
  }
}

function escape(text: string): string {
  return text.replace(/[\\:[\]]/g, '\\$&');
}
