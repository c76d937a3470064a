/** The completion scripts in the shells that are there, and the names of apps that they ask for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Argument, Command, Option } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { completeApps, completion, SHELLS } from '../../src/cli/completion.ts';

/** A command line with every kind of flag and argument. */
function program(): Command {
  const root = new Command('cluster-up').version('1.0.0');
  root
    .command('up', { isDefault: true })
    .argument('[file]', 'the ecosystem file')
    .description("make it so: [don't] ask")
    .option('--no-watch', 'do not follow')
    .option('--only <apps>', 'only these')
    .addOption(new Option('--background').hideHelp());
  root
    .command('validate')
    .argument('[files...]', 'files')
    .description('check')
    .addOption(new Option('--format <format>', 'how').choices(['text', 'json']));
  root.command('ls').aliases(['list']).description('what runs').option('--json', 'as JSON');
  root
    .command('reload')
    .argument('<app>', 'an app, or all')
    .option('-f, --file <file>', 'the file')
    .description('replace');
  root
    .command('scale')
    .argument('<app>', 'an app')
    .argument('<n>', 'how many')
    .option('-f, --file <file>', 'the file');
  root
    .command('logs')
    .argument('[app]', 'one app; all without it')
    .option('-f, --follow', 'go on')
    .option('--file <file>', 'the file');
  root.command('completion').addArgument(new Argument('[shell]', 'which').choices(['bash', 'zsh', 'fish']));
  root.command('secret', { hidden: true });
  return root;
}

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'completion-'));
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  // What `completion --apps` prints; one name would run a command where a script evaluates it.
  const names = ['api', 'web one', '$(touch ran)', '`touch ran`'].map((name) => `'${name}'`).join(' ');
  writeFileSync(
    path.join(bin, 'cluster-up'),
    `#!/bin/sh\nif [ "$3" = --file ]; then echo "of-$4"; else printf '%s\\n' ${names}; fi\n`,
  );
  chmodSync(path.join(bin, 'cluster-up'), 0o755);
  writeFileSync(path.join(folder, 'eco.yml'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

function script(shell: string): string {
  const parts: string[] = [];
  expect(completion(program(), shell, (text) => parts.push(text))).toBe(0);
  return parts.join('');
}

function run(shell: string, text: string): string[] {
  const file = path.join(folder, 'bin', 'script');
  writeFileSync(file, text);
  const PATH = `${path.join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  const args = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell] ?? [];
  const env = { PATH, HOME: folder, TERM: 'dumb' };
  const output = execFileSync(shell, [...args, file], { cwd: folder, env, encoding: 'utf8' });
  return output.split('\n').filter((line) => line !== '');
}

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

/** The words, the last of which is being written, and what is offered for it. */
const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['commands', ['re'], ['reload']],
  ['commands by alias', ['li'], ['list']],
  ['files of the default command', ['ec'], ['eco.yml']],
  ['flags of the default command', ['--no'], ['--no-watch']],
  ['flags of a command', ['ls', '--j'], ['--json']],
  ['flags of an alias', ['list', '--j'], ['--json']],
  ['choices', ['validate', '--format', ''], ['json', 'text']],
  ['files', ['validate', 'x', 'ec'], ['eco.yml']],
  ['apps', ['reload', 'ap'], ['api']],
  ['all apps', ['reload', 'al'], ['all']],
  ['apps of another file', ['reload', '-f', 'my.yml', 'of'], ['of-my.yml']],
  ['apps after a flag', ['logs', '-f', 'ap'], ['api']],
  ['apps as a value', ['--only', 'ap'], ['api']],
  ['nothing where anything may stand', ['scale', 'api', ''], []],
  ['choices of an argument', ['completion', 'z'], ['zsh']],
  ['nothing hidden', ['sec'], []],
];

describe.runIf(has('bash'))('bash', () => {
  const offered = (words: readonly string[]): string[] => {
    const quoted = ['cluster-up', ...words].map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _cluster_up; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run('bash', `set -u\n${script('bash')}\n${ask}\n`).sort();
  };

  test.each(CASES)('%s', (_, words, expected) => expect(offered(words)).toEqual(expected));

  test('what a name says is quoted and never run', () => {
    expect(offered(['reload', ''])).toEqual([
      '\\$\\(touch\\ ran\\)',
      '\\`touch\\ ran\\`',
      'all',
      'api',
      'web\\ one',
    ]);
    expect(run('bash', 'ls\n')).not.toContain('ran');
  });
});

describe.runIf(has('fish'))('fish', () => {
  const offered = (words: readonly string[]): string[] =>
    run('fish', `${script('fish')}\ncomplete -C 'cluster-up ${words.join(' ')}'\n`)
      .map((line) => line.split('\t')[0] ?? '')
      .sort();

  test.each(CASES)('%s', (_, words, expected) => expect(offered(words)).toEqual(expected));

  test('descriptions', () => {
    expect(run('fish', `${script('fish')}\ncomplete -C 'cluster-up u'\n`)).toEqual([
      "up\tmake it so: [don't] ask",
    ]);
  });
});

describe.runIf(has('zsh'))('zsh', () => {
  /** Completion needs a terminal: a pseudo-terminal in which what would be added is printed instead. */
  const offered = (words: readonly string[]): string[] => {
    writeFileSync(path.join(folder, '_cluster-up'), script('zsh'));
    const inner = [
      `fpath=(${folder} $fpath); autoload -U compinit; compinit -u -d ${folder}/dump; PS1=; unsetopt beep`,
      `compadd() { if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi; typeset -a hits; builtin compadd -A hits "$@"; print -rl -- "<"$^hits">" >> ${folder}/hits; builtin compadd "$@" }`,
      `bindkey '^I' complete-word`,
    ];
    writeFileSync(path.join(folder, 'inner.zsh'), inner.join('\n'));
    rmSync(path.join(folder, 'hits'), { force: true });
    const ask = [
      'zmodload zsh/zpty',
      'zpty -b z zsh -f -i',
      `zpty -w z 'source ${folder}/inner.zsh; print re""ady'`,
      "zpty -r -m z out '*ready*'",
      `zpty -w -n z $'cluster-up ${words.join(' ')}\\t'`,
      `repeat 40; do sleep 0.05; [[ -s ${folder}/hits ]] && break; done; sleep 0.1`,
      'zpty -d z',
      `[[ -f ${folder}/hits ]] && cat ${folder}/hits; true`,
    ];
    const hits = run('zsh', `${ask.join('\n')}\n`).filter((line) => line !== '<>');
    return [...new Set(hits.map((line) => line.slice(1, -1)))].sort();
  };

  test.each(CASES)('%s', { timeout: 20_000 }, (_, words, expected) =>
    expect(offered(words)).toEqual(expected),
  );
});

test('an unknown shell is wrong usage', () => {
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(completion(program(), 'tcsh')).toBe(2);
  expect(completion(program(), undefined)).toBe(2);
  expect(err.mock.calls.map(([text]) => text)).toEqual([
    'cluster-up: there is no completion for tcsh: bash, zsh, fish\n',
    'cluster-up: name a shell: bash, zsh, fish\n',
  ]);
  err.mockRestore();
});

test('each shell has a script', () => {
  for (const shell of SHELLS) expect(script(shell)).toContain('completion --apps');
});

describe('names of apps', () => {
  const names = async (text: string | null): Promise<string> => {
    const file = path.join(folder, 'names.yml');
    if (text !== null) writeFileSync(file, text);
    const parts: string[] = [];
    expect(await completeApps(text === null ? `${file}.none` : file, (part) => parts.push(part))).toBe(0);
    return parts.join('');
  };

  test('one a line, also of a file that is not valid', async () => {
    expect(
      await names('apps:\n  - script: api.js\n    instances: lots\n  - { name: web one, script: x }\n'),
    ).toBe('api\nweb one\n');
  });
  test('none where there is no file, or none that can be read', async () => {
    expect(await names(null)).toBe('');
    expect(await names('apps: [')).toBe('');
  });
  test('no name with a line break', async () => {
    expect(await names('apps: [{ name: "a\\nb", script: x }, { name: c, script: x }]')).toBe('c\n');
  });
});
