/** What makes a new revision, and what does not. */
import { expect, test } from 'vitest';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { revisionOf } from '../../src/shared/revision.ts';
import { appOf, appsOf, DISK, fakeFiles, parse } from '../config/helpers.ts';

const base = 'instances: 2, env: { A: 1, B: 2 }';
const revision = (fields: string): string => appOf(fields).revision;

test.each([
  'env: { B: 2, A: 1 }, instances: 2',
  'instances: 5, exec_mode: cluster, env: { A: 1, B: 2 }',
  `${base}, name: other`,
  `${base}, rollout: { max_surge: 2 }`,
  `${base}, kill_timeout: 5, drain_timeout: 5s, kill_signal: SIGTERM`,
  `${base}, max_restarts: 3, min_uptime: 5s, autorestart: false`,
  `${base}, out_file: a.log, error_file: b.log, log_file: c.log, merge_logs: true, time: true`,
  `${base}, ready: listening, listen_timeout: 5s`,
  `${base}, env_production: { A: 5 }`,
])('%s is the same revision', (fields) => {
  expect(revision(fields)).toBe(revision(base));
});

test.each([
  'instances: 2, env: { A: 1, B: 3 }',
  'instances: 2, env: { A: 1 }',
  `${base}, script: worker.mjs`,
  `${base}, args: x`,
  `${base}, node_args: --trace-warnings`,
  `${base}, cwd: backend, script: start.js`,
  `${base}, exec_mode: fork`,
  `${base}, instance_var: SLOT`,
  `${base}, increment_var: A`,
  `${base}, balance: kernel`,
  `${base}, interpreter: bun`,
  `${base}, port: 3000`,
  `${base}, env_file: .env`,
])('%s is another revision', (fields) => {
  expect(revision(fields)).not.toBe(revision(base));
});

test('each field of the process counts', () => {
  const process = appOf(base).process;
  const changes: { readonly [K in keyof ProcessSpec]: ProcessSpec[K] } = {
    mode: 'fork',
    script: '/other.js',
    args: ['x'],
    cwd: '/other',
    env: {},
    interpreter: null,
    interpreterArgs: ['-x'],
    shell: true,
    instanceVar: 'X',
    incrementVar: 'A',
    balance: 'kernel',
    user: { uid: 33, gid: 33 },
    filterEnv: true,
  };
  const revisions = Object.entries(changes).map(([key, value]) => revisionOf({ ...process, [key]: value }));
  expect(new Set([...revisions, revisionOf(process)]).size).toBe(Object.keys(changes).length + 1);
});

test('is 8 hex digits, and stays what it is', () => {
  expect(revision('script: server.js')).toMatch(/^[0-9a-f]{8}$/);
  expect(revision('script: server.js')).toBe(revision('script: ./server.js'));
});

test('an env_file that changes changes the generation and the revision', () => {
  const [one, two] = ['A=1', 'A=2'].map((content) => {
    const files = fakeFiles({ ...DISK, '/srv/.env': content });
    return parse('apps: [{ script: server.js, env_file: .env }]', { files }).desired;
  });
  expect(one?.generation).not.toBe(two?.generation);
  expect(one?.apps[0]?.revision).not.toBe(two?.apps[0]?.revision);
});

test('everything is frozen', () => {
  const [app] = appsOf('apps: [{ script: server.js, env: { A: 1 }, args: [a] }]');
  expect(
    [app, app?.process, app?.process.env, app?.process.args, app?.rollout, app?.lines].every(Object.isFrozen),
  ).toBe(true);
});

test('fields know their lines', () => {
  const text =
    'apps:\n  - script: server.js\n    instances: 2\n    env:\n      A: 1\n    env_production:\n      A: 2\n    rollout:\n      maxSurge: 2\n    args:\n      - a\n';
  expect(appsOf(text)[0]?.lines).toMatchObject({
    script: 2,
    instances: 3,
    env: 4,
    'env.A': 5,
    'rollout.max_surge': 9,
    args: 10,
  });
  expect(appsOf(text, { envName: 'production' })[0]?.lines).toMatchObject({ 'env.A': 7 });
});
