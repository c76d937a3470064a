/** The completion script for bash 3.2 (macOS) and later. */
import type { CommandInfo, Flag, Kind, ProgramInfo } from './completion-commands.ts';

/** Offers what begins with $cur. */
const OFFER = `
# Names of apps come from a file: \`compgen -W\` would run what they say, so it is not used for them.
_cluster_up_take() {
  local word
  while IFS= read -r word; do
    if [[ -n $word && $word == "$cur"* ]]; then COMPREPLY+=("$(printf %q "$word")"); fi
  done
}

_cluster_up_offer() {
  local kind=$1
  shift
  case $kind in
    apps | commands | words)
      if (( $# > 0 )); then _cluster_up_take < <(printf '%s\\n' "$@"); fi
      ;;
  esac
  if [[ $kind == apps ]]; then
    _cluster_up_take < <(command cluster-up completion --apps \${file:+--file "$file"} 2>/dev/null)
  fi
  case $kind in
    files | commands)
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
      ;;
  esac
}
`;

/** What is being completed: finds the command, and what its flags and places take. */
const COMPLETE = `_cluster_up() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= file= flags= kind= place=0 i word before=
  COMPREPLY=()
  for (( i = 1; i < COMP_CWORD; i++ )); do
    word=\${COMP_WORDS[i]}
    _cluster_up_value "$command" "$before"
    if [[ -n $kind ]]; then
      [[ $before == --file || ( $before == -f && $kind == files ) ]] && file=$word
    elif [[ $word != -* ]]; then
      if [[ -z $command && place -eq 0 ]] && _cluster_up_is_command "$word"; then command=$word; else (( place++ )); fi
    fi
    before=$word
    [[ -n $kind ]] && before=
  done
  _cluster_up_value "$command" "$before"
  if [[ -z $kind && $cur == -* ]]; then
    _cluster_up_flags "$command"
    kind="words $flags"
  elif [[ -z $kind ]]; then
    _cluster_up_place "$command" "$place"
  fi
  _cluster_up_offer $kind
}
`;

export function bashScript({ commands, flags, fallback }: ProgramInfo): string {
  const all = commands.flatMap(({ names }) => names);
  return `# Completion of cluster-up for bash. In ~/.bashrc: eval "$(cluster-up completion bash)"
${OFFER}
${COMPLETE}
_cluster_up_is_command() {
  case $1 in
    ${all.join('|')}) return 0 ;;
  esac
  return 1
}

# What follows the flag $2 of the command $1; nothing if it takes no value.
_cluster_up_value() {
  kind=
  case "$1 $2" in
${[...commandCases(commands, valueCases), ...valueCases('', flags)].join('\n')}
  esac
}

# What stands in place $2 of the command $1.
_cluster_up_place() {
  case "$1 $2" in
${commands.flatMap((command) => command.names.flatMap((name) => placeCases(name, command))).join('\n')}
    ' 0') kind='commands ${all.join(' ')}' ;;
${placeCases('', fallback).slice(1).join('\n')}
  esac
}

_cluster_up_flags() {
  case $1 in
${commands.map(({ names, flags: own }) => `    ${names.join('|')}) flags='${flagNames(own)}' ;;`).join('\n')}
    '') flags='${flagNames(flags)}' ;;
  esac
}

complete -F _cluster_up cluster-up
`;
}

function commandCases(
  commands: readonly CommandInfo[],
  cases: (name: string, flags: readonly Flag[]) => readonly string[],
): readonly string[] {
  return commands.flatMap(({ names, flags }) => names.flatMap((name) => cases(name, flags)));
}

function valueCases(command: string, flags: readonly Flag[]): readonly string[] {
  return flags.flatMap(({ names, value }) => {
    if (value === null) return [];
    return [`    ${names.map((name) => `'${command} ${name}'`).join('|')}) kind='${spell(value)}' ;;`];
  });
}

function placeCases(name: string, { places }: CommandInfo): readonly string[] {
  return places.map(({ value, isRepeated }, i) => {
    return `    ${isRepeated ? `'${name} '*` : `'${name} ${i}'`}) kind='${spell(value)}' ;;`;
  });
}

/** A kind as the script has it: a word, and those that it consists of. */
function spell(value: Kind): string {
  if (value.kind === 'words') return `words ${value.words.join(' ')}`;
  return value.kind === 'apps' && value.all ? 'apps all' : value.kind;
}

function flagNames(flags: readonly Flag[]): string {
  return flags.flatMap(({ names }) => names).join(' ');
}
