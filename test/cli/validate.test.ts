/** The commands' reports: text, JSON and GitHub's. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { reportText } from '../../src/cli/report.ts';
import { validate, type ValidateFlags, type ValidateIo } from '../../src/cli/validate.ts';
import { parse } from './helpers.ts';

const report = (text: string): string => {
  const loaded = parse(text);
  return reportText(loaded.diagnostics, loaded.text, { color: false, cwd: '/srv' });
};

describe('text', () => {
  test('shows the place, the line before it, and a hint', () => {
    expect(report('apps:\n  - script: server.js\n    exec_mode: clster\n')).toBe(
      [
        'ecosystem.yml:3:16 error CU1302 `exec_mode` must be cluster or fork, not "clster".',
        '  2 |   - script: server.js',
        '  3 |     exec_mode: clster',
        '    |                ^^^^^^',
        '  hint: Did you mean `cluster`?',
        '',
      ].join('\n'),
    );
  });

  test('cuts a long line around the place', () => {
    const lines = report(`apps: [{ script: server.js, args: "${'x'.repeat(500)}", instances: no }]`).split(
      '\n',
    );
    expect(lines[1]).toMatch(/^ {2}1 \| …x+", instances: no }]$/);
    expect(lines[1]?.indexOf('no')).toBe(lines[2]?.indexOf('^'));
  });

  test('never shows the value of a variable', () => {
    const secrets =
      'apps:\n  - script: server.js\n    env:\n      TOKEN: hunter2\n      LIST: [hunter3]\n      TOKEN: hunter4\n      KEY: "hunter5 ${NOPE}"\n';
    const text = report(secrets);
    expect(text).toContain('CU1303');
    expect(text).toContain('${NOPE}');
    expect(text).not.toMatch(/hunter/);
    expect(report('apps:\n  - script: x\n    env:\n      TOKEN: "hunter2\n')).not.toMatch(/hunter/);
  });

  test('does not let the file steer the terminal', () => {
    const steering = report('apps:\n  - script: server.js\n    "\\e[31mred": 1\n    \u001b[31mraw: 1\n');
    expect(steering.split('\n').filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
  });

  test('counts what it does not show', () => {
    expect(report(`apps:\n${'  - name: a\n'.repeat(80)}`)).toMatch(/… and 30 more\.\n$/);
  });
});

describe('validate', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-validate-'));
    writeFileSync(path.join(folder, 'server.js'), '');
    writeFileSync(path.join(folder, 'good.yml'), 'apps: [{ script: server.js }]\n');
    writeFileSync(path.join(folder, 'warned.yml'), 'apps: [{ script: dist/later.js }]\n');
    writeFileSync(path.join(folder, 'bad.yml'), 'apps: [{ script: server.js, instances: -100 }]\n');
  });

  const run = async (
    files: string[],
    flags: Partial<ValidateFlags> = {},
    stdin = '',
  ): Promise<{ code: number; out: string }> => {
    let out = '';
    const io: ValidateIo = {
      write: (text) => (out += text),
      stdin: () => Promise.resolve(stdin),
      cwd: folder,
      env: {},
      color: false,
    };
    const code = await validate(files, { format: 'text', strict: false, ...flags }, io);
    return { code, out };
  };

  test('exits 0 for a good file', async () => {
    expect(await run(['good.yml'])).toEqual({ code: 0, out: 'good.yml is valid: 1 app.\n' });
  });

  test('a warning fails only with --strict', async () => {
    expect((await run(['warned.yml'])).code).toBe(0);
    const strict = await run(['good.yml', 'warned.yml'], { strict: true });
    expect(strict.code).toBe(1);
    expect(strict.out).toMatch(/warned\.yml is not valid: 1 app, 1 warning\.\n$/);
  });

  test('reads standard input', async () => {
    const { code, out } = await run(['-'], {}, 'apps: [{ script: server.js, instnces: 2 }]');
    expect(code).toBe(1);
    expect(out).toMatch(/^stdin:1:29 error CU1203 /);
  });

  test('takes an environment', async () => {
    expect((await run(['good.yml'], { env: 'production' })).out).toContain('No app has `env_production` or a profile `production`.');
  });

  test('--format json', async () => {
    const { code, out } = await run(['good.yml', 'bad.yml'], { format: 'json' });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      errors: 1,
      warnings: 0,
      files: [
        { valid: true, diagnostics: [] },
        {
          valid: false,
          diagnostics: [{ code: 'CU1301', severity: 'error', start: { line: 1, column: 40 } }],
        },
      ],
    });
  });

  test('--format github', async () => {
    const { out } = await run(['bad.yml'], { format: 'github' });
    expect(out).toMatch(
      /^::error file=bad\.yml,line=1,col=40,endLine=1,endColumn=44,title=CU1301::`instances` must be /,
    );
  });
});
