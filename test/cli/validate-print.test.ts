/** `--print-config`: the file as it is understood; what it prints loads to the same apps. */
import { expect, test } from 'vitest';
import { printConfig } from '../../src/config/write/print-apps.ts';
import { GOOD } from '../config/mutation/good.ts';
import { parse } from '../config/helpers.ts';
import { inFolder } from './validate-helpers.ts';

test('of fifty files loads to the same apps', () => {
  for (const { text, name } of GOOD) {
    const [first, again] = [text, printConfig(parse(text).checked)].map((one) =>
      parse(one).desired?.apps.map((app) => ({ ...app, lines: {} })),
    );
    expect(again, name).toEqual(first);
  }
});

const TEXT = `apps:
  - script: server.js
    args: ["--price", "$\${5}"]
    env: { LOG_LEVEL: info, DB_PASSWORD: correct-horse, FROM_OUTSIDE: "\${OUTSIDE}" }
    env_file: secrets.env
    env_production: { LOG_LEVEL: warn }
`;
const { run } = inFolder(
  { 'server.js': '', 'secrets.env': 'HIDDEN=hunter2\n', 'ecosystem.yml': TEXT, 'bad.yml': 'apps: [{}]' },
  { OUTSIDE: 'hunter3' },
);

test('secrets are masked, and so is whatever the file does not hold', async () => {
  const { code, out, err } = await run(['ecosystem.yml'], { printConfig: true });
  expect(code).toBe(0);
  expect(out).toMatch(/^# ecosystem\.yml\napps:\n {2}- name: server\n/);
  expect(out).toContain('LOG_LEVEL: info\n');
  for (const name of ['DB_PASSWORD', 'FROM_OUTSIDE', 'HIDDEN']) expect(out).toContain(`${name}: "***"\n`);
  expect(out).toContain('- $${5}\n');
  expect(out + err).not.toMatch(/hunter|correct-horse/);
  expect(err).toContain('ecosystem.yml is valid: 1 app, 1 warning.');
});

test('one document for each environment; none for a file with errors', async () => {
  const { out } = await run(['ecosystem.yml', 'bad.yml'], { printConfig: true, env: ['all'] });
  expect(out.match(/^# .*$/gm)).toEqual(['# ecosystem.yml', '# ecosystem.yml under --env production']);
  expect(out).toContain('LOG_LEVEL: warn');
});
