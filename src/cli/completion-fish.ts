/** The completion script for fish. */
import type { CommandInfo, Flag, Kind, ProgramInfo } from './completion-commands.ts';

/** What apps there are, and which place of a command is being written. */
const HELPERS = `function __cluster_up_apps
    set -l words (commandline -opc)
    set -l flags (__cluster_up_valued $words[2])
    set -l file
    for i in (seq 2 (math (count $words) - 1))
        if contains -- $words[$i] --file -f; and contains -- $words[$i] $flags
            set file --file $words[(math $i + 1)]
        end
    end
    command cluster-up completion --apps $file 2>/dev/null
end

# Whether place $argv[1] after one of the commands $argv[2..] is being written.
function __cluster_up_place
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] $argv[2..]; or return 1
    set -l flags (__cluster_up_valued $words[2])
    set -l before
    set -l place 0
    for word in $words[3..]
        if contains -- "$before" $flags
            set before
            continue
        end
        string match -q -- '-*' $word; or set place (math $place + 1)
        set before $word
    end
    test $place -eq $argv[1]; and not contains -- "$before" $flags
end
`;

export function fishScript({ commands, flags, fallback }: ProgramInfo): string {
  const all = commands.flatMap(({ names }) => names);
  return `# Completion of cluster-up for fish: cluster-up completion fish > ~/.config/fish/completions/cluster-up.fish

# The flags of the command $argv[1] that take a value.
function __cluster_up_valued
    switch "$argv[1]"
${commands.map(({ names, flags: own }) => `        case ${names.join(' ')}\n            string split -n ' ' -- '${valued(own)}'`).join('\n')}
        case '*'
            string split -n ' ' -- '${valued(flags)}'
    end
end

${HELPERS}
function __cluster_up_first
    not __fish_seen_subcommand_from ${all.join(' ')}
end

complete -c cluster-up -e
${commands.flatMap(({ names, description }) => names.map((name) => line(['-n', '__cluster_up_first', '-a', name, '-d', description]))).join('\n')}
${flags.map((flag) => flagLine('__cluster_up_first', flag)).join('\n')}
${commands.map(commandLines).join('\n')}
${fallback.places.some(({ value }) => value.kind === 'files') ? '' : line(['-f', '-n', '__cluster_up_first'])}`;
}

function commandLines({ names, flags, places }: CommandInfo): string {
  const seen = `__fish_seen_subcommand_from ${names.join(' ')}`;
  const takesFiles = places.some(({ value }) => value.kind === 'files');
  return [
    ...(takesFiles ? [] : [line(['-f', '-n', seen])]),
    ...flags.map((flag) => flagLine(seen, flag)),
    ...places.flatMap(({ value }, i) => {
      const offered = offer(value);
      return offered === null
        ? []
        : [line(['-n', `__cluster_up_place ${i} ${names.join(' ')}`, '-a', offered])];
    }),
  ].join('\n');
}

function flagLine(condition: string, { names, description, value }: Flag): string {
  const spelt = names.flatMap((name) =>
    name.startsWith('--') ? ['-l', name.slice(2)] : ['-s', name.slice(1)],
  );
  return line(['-n', condition, ...spelt, ...(value === null ? [] : valueWords(value)), '-d', description]);
}

function valueWords(value: Kind): readonly string[] {
  if (value.kind === 'files') return ['-r', '-F'];
  const offered = offer(value);
  return offered === null ? ['-x'] : ['-x', '-a', offered];
}

function offer(value: Kind): string | null {
  if (value.kind === 'words') return value.words.join(' ');
  if (value.kind !== 'apps') return null;
  return value.all ? '(__cluster_up_apps) all' : '(__cluster_up_apps)';
}

/** A flag that is written with its value, `--file=x`, is one word and needs no care. */
function valued(flags: readonly Flag[]): string {
  return flags.flatMap(({ names, value }) => (value === null ? [] : names)).join(' ');
}

function line(words: readonly string[]): string {
  return `complete -c cluster-up ${words.map(quote).join(' ')}`;
}

function quote(word: string): string {
  return /^[\w-]+$/.test(word) ? word : `'${word.replace(/[\\']/g, '\\$&')}'`;
}
