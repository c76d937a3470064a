/** The completion script for fish. */
import type { CommandInfo, Flag, Kind, ProgramInfo } from './completion-commands.ts';

export function fishScript({ commands, flags, fallback }: ProgramInfo): string {
  const all = commands.flatMap(({ names }) => names);
  return `# Completion of cluster-up for fish: cluster-up completion fish > ~/.config/fish/completions/cluster-up.fish

function __cluster_up_apps
    set -l words (commandline -opc)
    set -l at (contains -i -- --file $words; or contains -i -- -f $words)
    set -l file
    if set -q at[1]; and test (count $words) -gt $at[1]
        set file --file $words[(math $at[1] + 1)]
    end
    command cluster-up completion --apps $file 2>/dev/null
end

# Whether place $argv[1] after one of the commands $argv[2..] is being written.
function __cluster_up_place
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -ge 2; and contains -- $words[2] $argv[2..]; or return 1
    test (count $words) -eq (math $argv[1] + 2)
end

function __cluster_up_first
    not __fish_seen_subcommand_from ${all.join(' ')}
end

complete -c cluster-up -e
${commands.flatMap(({ names, description }) => names.map((name) => line(['-f', '-n', '__cluster_up_first', '-a', name, '-d', description]))).join('\n')}
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

function line(words: readonly string[]): string {
  return `complete -c cluster-up ${words.map(quote).join(' ')}`;
}

function quote(word: string): string {
  return /^[\w-]+$/.test(word) ? word : `'${word.replace(/[\\']/g, '\\$&')}'`;
}
