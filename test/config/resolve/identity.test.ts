/** `uid` and `gid` as numbers, and what goes with them. */
import { describe, expect, test } from 'vitest';
import type { Accounts } from '../../../src/config/read/options.ts';
import { appOf, parse, told } from '../helpers.ts';

const web = { name: 'web', uid: 33, gid: 34, home: '/var/www' };
const accounts: Accounts = {
  user: (wanted) => (wanted === 'web' || wanted === '33' ? web : null),
  group: (wanted) => (wanted === 'staff' ? 50 : null),
};
const root = { uid: 0, accounts };
const home = { HOME: '/var/www', USER: 'web', LOGNAME: 'web' };

describe('as root', () => {
  test.each<[string, object | null, object]>([
    ['x-none: 1', null, {}],
    ['uid: web', { uid: 33, gid: 34 }, home],
    ['user: web', { uid: 33, gid: 34 }, home],
    ['uid: 33', { uid: 33, gid: 34 }, home],
    ['uid: "33", gid: staff', { uid: 33, gid: 50 }, home],
    ['uid: 4000, gid: 4001', { uid: 4000, gid: 4001 }, {}],
    ['gid: staff', { uid: null, gid: 50 }, {}],
    ['uid: web, env: { HOME: /srv }', { uid: 33, gid: 34 }, { ...home, HOME: '/srv' }],
  ])('%s', (fields, user, env) => {
    const { process } = appOf(fields, root);
    expect(process.user).toEqual(user);
    expect(process.env).toEqual(env);
  });

  test.each([
    ['uid: nobody', 'There is no user `nobody` on this machine.'],
    ['gid: nobody', 'There is no group `nobody` on this machine.'],
    ['uid: 4000', 'Nothing is known of the user `4000`, so its group is not known either.'],
  ])('%s', (fields, message) => {
    const text = `apps: [{ script: server.js, ${fields} }]`;
    const [problem] = parse(text, root).diagnostics;
    expect(problem).toMatchObject({ code: 'CU1610', severity: 'error', message });
    expect(told(parse(text, { ...root, missingScript: 'warning' }))).toEqual(['1:34 CU1610 warning']);
  });
});

describe('as another user', () => {
  test('one’s own name changes nothing, not even the groups', () => {
    expect(appOf('uid: web', { uid: 33, accounts }).process).toMatchObject({ user: null, env: {} });
  });

  test.each(['uid: web', 'gid: staff', 'uid: 1000, gid: staff'])('%s is refused', (fields) => {
    const text = `apps: [{ script: server.js, ${fields} }]`;
    expect(told(parse(text, { uid: 1000, accounts }))[0]).toMatch(/CU1609 error/);
    expect(told(parse(text, { uid: 1000, accounts, missingScript: 'warning' }))[0]).toMatch(/CU1609 warning/);
  });
});

test.each<[string, unknown]>([
  ['x-none: 1', []],
  ['filter_env: false', []],
  ['filter_env: true', true],
  ['filter_env: SECRET', 'SECRET'],
  ['filter_env: [AWS_, TOKEN]', ['AWS_', 'TOKEN']],
])('%s', (fields, expected) => {
  expect(appOf(fields).process.filterEnv).toEqual(expected);
});

test('a program that does not get PATH is not looked up in it', () => {
  expect(appOf('script: main.py').process.interpreter).toBe('python3');
  expect(appOf('script: main.py, filter_env: true').process.interpreter).toBe('/usr/bin/python3');
});
