/** The GitHub Action and the pre-commit hook, as far as a machine without GitHub can try them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: {
    readonly using: string;
    readonly steps: readonly {
      readonly shell: string;
      readonly run: string;
      readonly env: Readonly<Record<string, string>>;
    }[];
  };
}

describe('action.yml', () => {
  const action = parse(read('action.yml')) as Action;
  const [step] = action.runs.steps;

  /** Runs the step with an `npx` that prints what it is asked, an argument a line. */
  const run = (inputs: Readonly<Record<string, string>>): string[] => {
    const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-action-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const npx = path.join(folder, 'npx');
    writeFileSync(npx, '#!/bin/sh\nfor argument; do echo "$argument"; done\n');
    chmodSync(npx, 0o755);
    const env = Object.entries(step?.env ?? {}).map(([name, from]) => {
      const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(from)?.[1] ?? '';
      return [name, inputs[input] ?? action.inputs[input]?.default ?? ''];
    });
    const options = {
      cwd: folder,
      env: { ...(Object.fromEntries(env) as Record<string, string>), PATH: `${folder}:/usr/bin:/bin` },
    };
    return execFileSync('bash', ['-e', '-o', 'pipefail', '-c', step?.run ?? ''], options)
      .toString()
      .trim()
      .split('\n');
  };
  const command = ['--yes', 'cluster-up', 'validate', '--format', 'github'];

  test('is composite, and every input is used as a variable', () => {
    expect(action.runs.using).toBe('composite');
    expect(step?.run).not.toContain('${{');
    expect(
      Object.values(step?.env ?? {})
        .map((from) => /inputs\.(\w+)/.exec(from)?.[1])
        .sort(),
    ).toEqual(Object.keys(action.inputs).sort());
  });

  test('calls validate', () => {
    expect(run({})).toEqual([...command, 'ecosystem.yml']);
    expect(run({ files: 'a.yml services/**/b.yml', env: 'production staging', strict: 'true' })).toEqual([
      ...command,
      '--env',
      'production',
      '--env',
      'staging',
      '--strict',
      'a.yml',
      'services/**/b.yml',
    ]);
  });

  test('an input is never read as a command', () => {
    expect(run({ files: '$(touch owned) `id`; exit 9' })).toEqual([
      ...command,
      '$(touch',
      'owned)',
      '`id`;',
      'exit',
      '9',
    ]);
  });
});

describe('.pre-commit-hooks.yaml', () => {
  const [hook] = parse(read('.pre-commit-hooks.yaml')) as {
    id: string;
    entry: string;
    language: string;
    files: string;
  }[];

  test('calls the command of the package', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: Record<string, string> };
    expect(Object.keys(bin)).toContain(hook?.entry.split(' ')[0]);
    expect(hook).toMatchObject({ id: 'cluster-up-validate', entry: 'cluster-up validate', language: 'node' });
  });

  test.each([
    ['ecosystem.yml', true],
    ['services/api/ecosystem.config.yaml', true],
    ['pm2.json', true],
    ['my-ecosystem.yml', false],
    ['ecosystem.yml.bak', false],
  ])('%s: %s', (file, expected) => {
    expect(new RegExp(hook?.files ?? '').test(file)).toBe(expected);
  });
});
