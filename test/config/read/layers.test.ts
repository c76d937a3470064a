/** One ecosystem out of several places: defaults, extends, include, profiles, env_file. */
import { describe, expect, test } from 'vitest';
import type { Loaded } from '../../../src/config/load-ecosystem.ts';
import { appsOf, DISK, fakeFiles, parse, told } from '../helpers.ts';

const withFiles = (more: Record<string, string>): { files: ReturnType<typeof fakeFiles> } => ({
  files: fakeFiles({ ...DISK, ...more }),
});
const places = ({ diagnostics }: Loaded): string[] =>
  diagnostics.map(({ file, start, code }) => `${file}:${start.line}:${start.column} ${code}`);

describe('defaults', () => {
  const text = `defaults: { drainTimeout: 30s, env: { TZ: UTC, A: 1 }, rollout: { deadline: 2m } }
apps:
  - { name: a, script: server.js }
  - { name: b, script: server.js, drain_timeout: 5s, env: { A: 2 }, rollout: { min_ready: 1s } }
`;

  test('are below the settings of each app, mappings key by key', () => {
    const [a, b] = appsOf(text);
    expect(a).toMatchObject({ stop: { drainTimeout: 30_000 }, process: { env: { TZ: 'UTC', A: '1' } } });
    expect(b).toMatchObject({ stop: { drainTimeout: 5000 }, process: { env: { TZ: 'UTC', A: '2' } } });
    expect(b?.rollout).toMatchObject({ deadline: 120_000, minReady: 1000 });
  });

  test('that are wrong are told once, where they stand', () => {
    const wrong =
      'defaults: { instances: many }\napps: [{ name: a, script: server.js }, { name: b, script: server.js }]\n';
    expect(told(parse(wrong))).toEqual(['1:24 CU1301 error']);
    expect(told(parse('defaults: { instnces: 2 }\napps: [{ script: server.js }]\n'))).toEqual([
      '1:13 CU1203 error',
    ]);
    expect(told(parse('defaults: { name: x }\napps: [{ script: server.js }]\n'))).toEqual([
      '1:13 CU1513 warning',
    ]);
  });
});

describe('extends', () => {
  test('takes over everything but the name', () => {
    const [, b] = appsOf(
      'apps:\n  - { name: a, script: server.js, instances: 2, env: { A: 1, B: 1 } }\n  - { name: b, extends: a, env: { B: 2 } }\n',
    );
    expect(b).toMatchObject({ name: 'b', instances: 2, process: { env: { A: '1', B: '2' } } });
  });

  test('from another file, whose cwd is relative to itself', () => {
    const files = withFiles({
      '/srv/base/app.yml': 'apps: [{ name: base, cwd: ../src, script: app.cjs, instances: 3 }]',
    });
    const [app] = appsOf('apps: [{ name: a, extends: { file: base/app.yml, app: base } }]', files);
    expect(app).toMatchObject({
      name: 'a',
      instances: 3,
      process: { script: '/srv/src/app.cjs', cwd: '/srv/src' },
      lines: { name: 1 },
    });
    expect(app?.lines).not.toHaveProperty('instances');
    expect(appsOf('apps: [{ name: a, extends: { file: base/app.yml } }]', files)).toHaveLength(1);
  });

  test('chains, and ends where it leads back', () => {
    const chain =
      'apps:\n  - { name: a, script: server.js, port: 1 }\n  - { name: b, extends: a, port: 2, args: b }\n  - { name: c, extends: b, port: 3 }\n';
    expect(appsOf(chain)[2]).toMatchObject({ name: 'c', process: { args: ['b'], env: { PORT: '3' } } });
    const circle =
      'apps:\n  - { name: a, script: server.js, extends: b }\n  - { name: b, script: server.js, extends: a }\n';
    expect(told(parse(circle))).toEqual(['2:44 CU1702 error', '3:44 CU1702 error']);
  });

  test('points into the other file where that is wrong', () => {
    const files = withFiles({
      '/srv/base.yml':
        '# a comment\napps:\n  - name: base\n    script: server.js\n    kill_timeout: soon\n    args: ${NOPE}\n',
    });
    const loaded = parse('apps: [{ name: a, extends: { file: base.yml, app: base } }]', files);
    expect(places(loaded)).toEqual(['/srv/base.yml:5:19 CU1301', '/srv/base.yml:6:11 CU1401']);
    expect(loaded.texts.get('/srv/base.yml')).toContain('kill_timeout: soon');
  });

  test('names what is near', () => {
    const loaded = parse('apps: [{ name: api, script: server.js }, { name: b, extends: apj }]');
    expect(loaded.diagnostics[0]).toMatchObject({ code: 'CU1703', hint: 'Did you mean `api`?' });
  });
});

describe('include', () => {
  const files = withFiles({
    '/srv/workers/ecosystem.yml':
      'defaults: { instances: 2 }\ninclude: [../more.yml]\napps: [{ name: w, script: ../worker.mjs }]',
    '/srv/more.yml': 'apps: [{ name: more, script: server.js }]',
    '/srv/loop.yml': 'include: ecosystem.yml\napps: [{ name: loop, script: server.js }]',
    '/srv/broken.yml': 'apps:\n  - name: x\n    script: [\n',
  });

  test('adds the apps of other files, with their own defaults and folders', () => {
    const apps = appsOf('include: workers/ecosystem.yml\napps: [{ name: a, script: server.js }]', files);
    expect(apps.map(({ name, instances }) => [name, instances])).toEqual([
      ['a', 1],
      ['w', 2],
      ['more', 1],
    ]);
    expect(apps[1]?.process).toMatchObject({ script: '/srv/worker.mjs', cwd: '/srv/workers' });
    expect(appsOf('include: [more.yml]\n', files)).toHaveLength(1);
  });

  test('a change of an included file is another generation', () => {
    const generation = (instances: number): string | undefined =>
      parse(
        'include: x.yml',
        withFiles({ '/srv/x.yml': `apps: [{ script: server.js, instances: ${instances} }]` }),
      ).desired?.generation;
    expect(generation(1)).toBe(generation(1));
    expect(generation(1)).not.toBe(generation(2));
  });

  test.each([
    ['include: nowhere.yml\napps: [{ script: server.js }]', ['/srv/ecosystem.yml:1:10 CU1701']],
    [
      'include: [more.yml, ./]\napps: []',
      ['/srv/ecosystem.yml:1:21 CU1701', '/srv/ecosystem.yml:2:7 CU1206'],
    ],
    ['include: ecosystem.yml\napps: [{ script: server.js }]', ['/srv/ecosystem.yml:1:10 CU1702']],
    ['include: loop.yml\napps: [{ script: server.js }]', ['/srv/loop.yml:1:10 CU1702']],
    ['include: broken.yml\napps: [{ script: server.js }]', ['/srv/broken.yml:3:13 CU1101']],
    ['include: more.yml\napps: [{ name: more, script: server.js }]', ['/srv/more.yml:1:16 CU1501']],
    ['include: 5\napps: [{ script: server.js }]', ['/srv/ecosystem.yml:1:10 CU1301']],
  ])('%j', (text, expected) => {
    expect(places(parse(text, files))).toEqual(expected);
  });

  test('a second place in another file is named with it', () => {
    const { diagnostics } = parse('include: more.yml\napps: [{ name: more, script: server.js }]', files);
    expect(diagnostics[0]?.message).toContain('on line 2 of /srv/ecosystem.yml');
  });
});

describe('profiles', () => {
  const text = `apps:
  - name: a
    script: server.js
    env: { A: 1, B: 1 }
    profiles:
      production: { instances: 4, env: { A: 2, SECRET_FILE: "\${SECRET_FILE}" } }
      test: false
  - { name: debug, script: server.js, profiles: [debug, test] }
`;
  const names = (envName?: string): string[] =>
    appsOf(text, {
      ...(envName === undefined ? {} : { envName }),
      processEnv: { PATH: '/usr/bin', SECRET_FILE: '/run/s' },
    }).map(({ name }) => name);

  test('override, leave out, or pick apps', () => {
    expect([names(), names('production'), names('test'), names('debug')]).toEqual([
      ['a'],
      ['a'],
      ['debug'],
      ['a', 'debug'],
    ]);
    const options = { envName: 'production', processEnv: { PATH: '/usr/bin', SECRET_FILE: '/run/s' } };
    expect(appsOf(text, options)[0]).toMatchObject({
      instances: 4,
      process: { env: { A: '2', B: '1', SECRET_FILE: '/run/s' } },
    });
  });

  test('are checked whichever is chosen, but need only their own variables', () => {
    expect(told(parse(text))).toEqual([]);
    expect(told(parse(text, { envName: 'production' }))).toEqual(['6:62 CU1401 error']);
    expect(told(parse('apps: [{ script: server.js, profiles: { p: { instances: 4 }, q: true } }]'))).toEqual([
      '1:65 CU1301 error',
    ]);
  });

  test('are the names that --env takes', () => {
    expect(parse(text).environments).toEqual(['debug', 'production', 'test']);
    expect(parse(text, { envName: 'prodction' }).diagnostics[0]?.hint).toBe('Did you mean `production`?');
  });
});

test('an env_file is read as dotenv reads it', () => {
  const files = withFiles({
    '/srv/x.env': 'export A="1 2"\nB=\'$X\' # why\n# no\nC=a=b\nD="line\\nbreak"\n',
  });
  expect(appsOf('apps: [{ script: server.js, env_file: x.env }]', files)[0]?.process.env).toEqual({
    A: '1 2',
    B: '$X',
    C: 'a=b',
    D: 'line\nbreak',
  });
});

test('whoever watches is told every file that counts', () => {
  const files = withFiles({ '/srv/base.yml': 'apps: [{ name: b, script: server.js, env_file: .env }]' });
  expect(parse('apps: [{ name: a, extends: { file: base.yml } }]', files).files).toEqual([
    '/srv/ecosystem.yml',
    '/srv/base.yml',
    '/srv/.env',
  ]);
});
