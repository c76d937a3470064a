/** `validate`: which files, which environments, which exit code. */
import { describe, expect, test } from 'vitest';
import { inFolder } from './validate-helpers.ts';

const ENVIRONMENTS = `apps:
  - script: server.js
    env: { A: 1 }
    env_production: { A: 2 }
    profiles:
      staging: { instances: 2, args: "\${REGION}" }
      test: false
`;

const { run } = inFolder({
  'server.js': '',
  'good.yml': 'apps: [{ script: server.js }]\n',
  'warned.yml': 'apps: [{ script: dist/later.js }]\n',
  'bad.yml': 'apps: [{ script: server.js, instances: -100 }]\n',
  'environments.yml': ENVIRONMENTS,
  'a/ecosystem.yml': 'apps: [{ script: ../server.js }]\n',
  'b/c/ecosystem.yml': 'apps: [{ script: ../../server.js }]\n',
  'node_modules/x/ecosystem.yml': 'nonsense',
});

test('exits 0 for a good file', async () => {
  expect(await run(['good.yml'])).toEqual({ code: 0, out: 'good.yml is valid: 1 app.\n', err: '' });
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

describe('patterns', () => {
  test.each([
    ['**/ecosystem.yml', ['a/ecosystem.yml', 'b/c/ecosystem.yml']],
    ['./{a,b}/*.yml', ['a/ecosystem.yml']],
    ['[ab]/**', ['a/ecosystem.yml', 'b/c/ecosystem.yml']],
    ['g??d.yml', ['good.yml']],
  ])('%s', async (pattern, files) => {
    const { out } = await run([pattern]);
    expect(out.split('\n').flatMap((line) => /^(\S+) is valid/.exec(line)?.[1] ?? [])).toEqual(files);
  });

  test('one that nothing fits is a file that does not exist', async () => {
    expect(await run(['nothing/*.yml'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('CU1001') as string,
    });
  });

  test('a file that two patterns name is looked at once', async () => {
    expect((await run(['a/*.yml', 'a/ecosystem.yml'])).out).toBe('a/ecosystem.yml is valid: 1 app.\n');
  });
});

describe('--env', () => {
  test('of a file that does not have it', async () => {
    const { out } = await run(['good.yml'], { env: ['production'] });
    expect(out).toContain('No app has `env_production` or a profile `production`.');
  });

  test('several times: what is wrong under one of them says so', async () => {
    const { code, out } = await run(['environments.yml'], { env: ['production', 'staging'] });
    expect(code).toBe(1);
    expect(out).toContain('The variable `REGION` is not set (with --env staging).');
    expect(out).toMatch(/not valid: 2 environments, 1 error\.\n$/);
  });

  test('all is each that the file has, and none', async () => {
    const { out } = await run(['environments.yml'], { env: ['all'] });
    expect(out).toMatch(/not valid: 4 environments, 1 error\.\n$/);
  });
});
