/** `source`: where an app's code comes from, and what is resolved in its release. */
import { describe, expect, test } from 'vitest';
import { printConfig } from '../../../src/config/write/print-apps.ts';
import { appOf, appsOf, DISK, fakeFiles, parse } from '../helpers.ts';

const GIT = 'git: https://git.example/shop.git';
const SUM = 'ab'.repeat(32);

/** `CU1801: message` of each diagnostic of an app with these fields. */
function complaints(fields: string): string[] {
  return parse(`apps: [{ script: ./server.js, ${fields} }]`).diagnostics.map(
    ({ code, message }) => `${code}: ${message}`,
  );
}

describe('the spec', () => {
  test('with its defaults', () => {
    expect(appOf(`source: { ${GIT} }`).source).toEqual({
      origin: { kind: 'git', address: 'https://git.example/shop.git', ref: null },
      build: [],
      buildTimeout: 600_000,
      poll: null,
      keep: 5,
      user: null,
    });
  });

  test('with all that it can have', () => {
    const written = `source: { ${GIT}, ref: 1.10, build: [npm ci, npm test], buildTimeout: 1m, poll: 10ms, keep: 2 }`;
    expect(appOf(`uid: 33, gid: 34, ${written}`).source).toEqual({
      origin: { kind: 'git', address: 'https://git.example/shop.git', ref: '1.10' },
      build: ['npm ci', 'npm test'],
      buildTimeout: 60_000,
      poll: 1000,
      keep: 2,
      user: { uid: 33, gid: 34 },
    });
  });

  test.each([
    ['git: ../shop.git', { kind: 'git', address: '/shop.git', ref: null }],
    ['git: ~/shop.git', { kind: 'git', address: '/root/shop.git', ref: null }],
    ['git: "git@git.example:shop.git"', { kind: 'git', address: 'git@git.example:shop.git', ref: null }],
    ['git: "file:/srv/shop.git"', { kind: 'git', address: 'file:///srv/shop.git', ref: null }],
    [
      `archive: shop.tgz, sha256: ${SUM.toUpperCase()}`,
      { kind: 'archive', address: '/srv/shop.tgz', sha256: SUM },
    ],
    [
      `archive: "https://a.example/s.tgz", sha256: ${SUM}`,
      { kind: 'archive', address: 'https://a.example/s.tgz', sha256: SUM },
    ],
    ['folder: ../shop', { kind: 'folder', path: '/shop' }],
  ])('%s', (written, origin) => {
    expect(appOf(`source: { ${written} }`).source?.origin).toEqual(origin);
  });

  test('paths are relative to the file that says them, and keys are merged', () => {
    const files = fakeFiles({
      ...DISK,
      '/base/b.yml': 'apps: [{ script: x.js, source: { git: ./shop.git } }]',
    });
    const [app] = appsOf('apps: [{ extends: { file: ../base/b.yml }, name: a, source: { ref: main } }]', {
      files,
    });
    expect(app?.source?.origin).toEqual({ kind: 'git', address: '/base/shop.git', ref: 'main' });
  });

  test('without a source there is none', () => {
    const app = appOf('');
    expect('source' in app || 'unprepared' in app).toBe(false);
  });
});

describe('without its release', () => {
  test.each([
    'script: ./dist/nowhere.js, cwd: ./backend, env_file: .env',
    'script: nowhere, interpreter: tsx',
    'script: ./main.py, interpreter: ./venv/bin/python',
  ])('nothing in it is missed: %s', (fields) => {
    const { desired, diagnostics } = parse(`apps: [{ ${fields}, source: { ${GIT} } }]`);
    expect(diagnostics).toEqual([]);
    expect(desired?.apps[0]?.unprepared).toBe(true);
  });

  test('a file elsewhere is read', () => {
    const app = appOf(`source: { ${GIT} }, env_file: /srv/.env`);
    expect(app.process.env).toEqual({ FROM_FILE: '1', PORT: '7000' });
  });
});

describe('with its release', () => {
  const files = fakeFiles({ ...DISK, '/releases/1/app/server.js': '', '/releases/1/app/.env': 'A=1' });
  const releaseOf = (): string => '/releases/1';

  test('script, cwd and env_file are in it, logs are beside the file', () => {
    const text = `apps: [{ script: server.js, cwd: ./app, env_file: .env, out_file: out.log, source: { ${GIT} } }]`;
    const [app] = appsOf(text, { files, releaseOf });
    expect(app).toMatchObject({
      process: { script: '/releases/1/app/server.js', cwd: '/releases/1/app', env: { A: '1' } },
      logs: { out: '/srv/out.log' },
    });
    expect(app && 'unprepared' in app).toBe(false);
  });

  test('what it lacks is said', () => {
    const { diagnostics } = parse(`apps: [{ script: nowhere.js, cwd: ./app, source: { ${GIT} } }]`, {
      files,
      releaseOf,
    });
    expect(diagnostics).toMatchObject([
      { code: 'CU1601', hint: 'The path is relative to `cwd` in the release.' },
    ]);
  });

  test('the source is what is asked for', () => {
    const asked: unknown[] = [];
    const ask = (source: unknown): null => {
      asked.push(source);
      return null;
    };
    const app = appOf(`source: { ${GIT} }`, { releaseOf: ask });
    expect(asked).toEqual([app.source]);
    expect(app.unprepared).toBe(true);
  });
});

describe('what is wrong', () => {
  test.each([
    ['source: { ref: main }', ['CU1801: `source` names no origin.']],
    [`source: { ${GIT}, folder: ../x }`, ['CU1801: `source` names `git` and `folder`.']],
    ['source: { archive: a.tgz }', ['CU1802: `source.archive` is given without its `sha256`.']],
    ['source: { folder: x, ref: main }', ['CU1803: `source.ref` is for `git`, and this source is `folder`.']],
    [
      `source: { ${GIT}, sha256: ${SUM} }`,
      ['CU1803: `source.sha256` is for `archive`, and this source is `git`.'],
    ],
    [`cwd: ../x, source: { ${GIT} }`, ['CU1804: `cwd` leads out of the release: ../x.']],
    [`cwd: /srv, source: { ${GIT} }`, ['CU1804: `cwd` leads out of the release: /srv.']],
    [`cwd: ~/x, source: { ${GIT} }`, ['CU1804: `cwd` leads out of the release: ~/x.']],
    [`cwd: ./..hidden, source: { ${GIT} }`, []],
    [
      `source: { ${GIT}, ref: ${'a'.repeat(40)}, poll: 1m }`,
      ['CU1513: `source.poll` has no effect: a commit does not move.'],
    ],
    [
      `watch: true, source: { ${GIT} }`,
      ['CU1513: `watch` has no effect: the app runs a release of its `source`, which does not change.'],
    ],
    [
      `source: { ${GIT}, ref: -x }`,
      ['CU1301: `source.ref` must be the name of a branch or tag, or a commit, not "-x".'],
    ],
    [`source: { ${GIT}, keep: 0 }`, ['CU1301: `source.keep` must be a whole number from 1 to 1000, not 0.']],
    [`source: { ${GIT}, brnch: x }`, ['CU1203: Nobody knows the key `brnch` in `source`.']],
    ['source: ./shop', ['CU1301: `source` must be a mapping with git, archive or folder, not "./shop".']],
  ])('%s', (fields, expected) => {
    expect(complaints(fields)).toEqual(expected);
  });

  test('a secret in the address is told of, and not shown', () => {
    const text =
      'apps: [{ script: a.js, source: { git: "https://t0ken123@git.example/shop.git", ref: -x } }]';
    const loaded = parse(text);
    expect(loaded.diagnostics.map(({ code }) => code)).toContain('CU1301');
    expect(JSON.stringify([loaded.diagnostics, loaded.text])).not.toContain('t0ken123');
    expect(complaints('source: { git: "https://t0ken123@git.example/shop.git" }')).toEqual([
      'CU1407: The address in `source.git` looks like a secret.',
    ]);
  });
});

test('is printed so that it loads to the same', () => {
  const text = `apps: [{ script: server.js, cwd: ./app, env_file: .env, source: { ${GIT}, ref: main, poll: 1m } }]`;
  const printed = printConfig(parse(text).checked);
  expect(appsOf(printed)[0]).toMatchObject({
    source: appsOf(text)[0]?.source,
    process: { script: appsOf(text)[0]?.process.script, cwd: appsOf(text)[0]?.process.cwd },
    unprepared: true,
  });
  const secret = printConfig(parse(text.replace('https://', 'https://t0ken123@')).checked);
  expect(secret).toContain('git: https://***@git.example/shop.git');
});
