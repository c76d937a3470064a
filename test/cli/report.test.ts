/** The report for people. */
import { describe, expect, test } from 'vitest';
import { reportText } from '../../src/cli/report-text.ts';
import { parse } from '../config/helpers.ts';

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
        '  see docs/diagnostics.md#cu1302',
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
