/** What no schema can say. The machine is data here, so that the tests do not depend on the one they run on. */
import { describe, expect, test } from 'vitest';
import type { ParseOptions } from '../../../src/config/load-ecosystem.ts';
import { DISK, fakeFiles, parse } from '../helpers.ts';

const codes = (text: string, options: Partial<ParseOptions> = {}): string[] =>
  parse(text, options).diagnostics.map(({ code }) => code);
const ofApp = (fields: string, options: Partial<ParseOptions> = {}): string[] =>
  codes(`apps: [{ script: server.js, ${fields} }]`, options);
const ofTwo = (a: string, b: string): string[] =>
  codes(`apps: [{ name: a, script: server.js, ${a} }, { name: b, script: server.js, ${b} }]`);

describe('ports', () => {
  test.each([
    ['port: 3000', 'port: 3001', []],
    ['port: 3000', 'port: 3000', ['CU1508']],
    ['port: 3000', 'env: { PORT: "3000" }', ['CU1508']],
    ['port: 0', 'port: 0', []],
    ['port: 3000, instances: 4, increment_var: PORT', 'port: 3003', ['CU1508']],
    ['port: 3000, instances: 4, increment_var: PORT', 'port: 3004', []],
    ['port: 3000, instances: 2, exec_mode: fork', 'x-none: 1', ['CU1514']],
    ['port: 3000, instances: 2, exec_mode: fork, increment_var: PORT', 'x-none: 1', []],
    ['env: { PORT: 99999 }', 'env: { PORT: "65536" }', ['CU1523', 'CU1523']],
    ['env: { PORT: 65535 }', 'env: { PORT: pipe-99999 }', []],
    ['port: 65534, instances: 3, increment_var: PORT', 'x-none: 1', ['CU1523']],
    ['port: 65534, instances: 2, increment_var: PORT', 'x-none: 1', []],
  ])('%s and %s', (a, b, expected) => {
    expect(ofTwo(a, b)).toEqual(expected);
  });

  test('the message names the other app and its line', () => {
    const { diagnostics } = parse(
      'apps:\n  - { name: a, script: server.js, port: 3000 }\n  - name: b\n    script: server.js\n    port: 3000\n',
    );
    expect(diagnostics[0]).toMatchObject({
      start: { line: 5, column: 11 },
      message: 'Port 3000 is taken by the app `a` as well, on line 2.',
    });
  });
});

test.each([
  ['max_memory_restart: 1G, instances: 3', ['CU1509']],
  ['max_memory_restart: 1G, instances: 2', []],
  ['instances: 8', []],
])('memory: %s of 2 GiB', (fields, expected) => {
  expect(ofApp(fields, { memory: { bytes: 2 * 2 ** 30, of: 'its cgroup' } })).toEqual(expected);
  expect(ofApp(fields)).toEqual([]);
});

test.each([
  ['instances: 4, rollout: { canary: 1, canary_pause: 30s }', []],
  ['instances: 4, rollout: { canary: 25%, canary_pause: 30s }', []],
  ['instances: 4, rollout: { canary: 4, canary_pause: 30s }', ['CU1520']],
  ['instances: 4, rollout: { canary: 9 }', ['CU1520']],
  ['instances: 2, rollout: { canary: 60% }', ['CU1520']],
  ['instances: 4, rollout: { canary: 0, canary_pause: 30s }', ['CU1513']],
  ['instances: 4, rollout: { canary_pause: 30s }', ['CU1513']],
  ['instances: 4, rollout: { canary: -1 }', ['CU1301']],
  ['instances: 4, rollout: { canary: 1, canary_pause: soon }', ['CU1301']],
])('canary: %s', (fields, expected) => {
  expect(ofApp(fields)).toEqual(expected);
});

test.each([
  ['drain_timeout: 60s', ['CU1510']],
  ['drain_timeout: 50s', []],
  ['rollout: { deadline: 5s }', ['CU1510']],
  ['rollout: { deadline: 20s }', []],
  ['listen_timeout: 90s', []],
  ['listen_timeout: 90s, rollout: { deadline: 60s }', ['CU1510']],
  ['rollout: { min_ready: 60s }', ['CU1510']],
  ['instances: 2, health_check: { http: /a }', []],
  ['instances: 2, health_check: { http: /a, timeout: 6s }', ['CU1510']],
  ['instances: 2, health_check: { http: /a, interval: 500ms }', ['CU1510']],
  ['instances: 2, health_check: { http: /a, timeout: 0 }', ['CU1510']],
  ['instances: 2, health_check: { http: /a, interval: 10ms, timeout: 5ms }', ['CU1510']],
])('timeouts: %s', (fields, expected) => {
  expect(ofApp(fields)).toEqual(expected);
});

test.each([
  ['min_uptime: 0', ['CU1511']],
  ['min_uptime: 0, restart_delay: 1s', []],
  ['restart_delay: 100, exp_backoff_restart_delay: 100', ['CU1511']],
  ['restart_delay: 100, exp_backoff_restart_delay: 0', []],
])('restarts: %s', (fields, expected) => {
  expect(ofApp(fields)).toEqual(expected);
});

test.each([
  ['0 3 * * *', []],
  ['*/10 * * * * *', []],
  ['@daily', []],
  ['0', []],
  ['0 3 31 2 *', ['CU1512']],
  ['0 3 * *', ['CU1306']],
  ['61 3 * * *', ['CU1306']],
  ['every day', ['CU1306']],
])('cron: %s', (line, expected) => {
  expect(ofApp(`cron_restart: "${line}"`)).toEqual(expected);
});

test('a time zone that does not exist', () => {
  expect(ofApp('cron_restart: 0 3 * * *, cron_timezone: Europe/Berlin')).toEqual([]);
  expect(ofApp('cron_restart: 0 3 * * *, cron_timezone: Mars/Base')).toEqual(['CU1302']);
});

test.each([
  ['exec_mode: fork, balance: kernel', ['CU1513']],
  ['exec_mode: fork, balance: auto', []],
  ['autorestart: false, max_restarts: 3', ['CU1513']],
  ['ignore_watch: [a]', []],
  ['watch_delay: 1s', ['CU1513']],
  ['cron_timezone: UTC', ['CU1513']],
  ['ignore_watch: [a], watch: true', []],
  ['watch: true, watch_options: { usePolling: true, interval: 500 }', []],
  ['watch: true, watch_options: { followSymlinks: false }', ['CU1513']],
  ['kill_signal: SIGTERM, shutdown_with_message: true', ['CU1513']],
  ['script: main.py, wait_ready: true', ['CU1513']],
  ['ready: started, listen_timeout: 3s', ['CU1513']],
])('effects: %s', (fields, expected) => {
  const text = fields.includes('script:')
    ? `apps: [{ ${fields} }]`
    : `apps: [{ script: server.js, ${fields} }]`;
  expect(codes(text)).toEqual(expected);
});

describe('engines', () => {
  const at = (engines: string, nodeVersion: string): string[] => {
    const files = fakeFiles({ ...DISK, '/srv/package.json': `{ "engines": { "node": "${engines}" } }` });
    return ofApp('x-none: 1', { files, nodeVersion });
  };

  test.each([
    ['>=18', 'v20.19.0', []],
    ['>= 20.19', 'v20.18.1', ['CU1608']],
    ['>=20.19.0', 'v20.19.0', []],
    ['>=20.19', 'v22.0.0', []],
    ['^18 || ^20', 'v22.1.0', ['CU1608']],
    ['18.x', 'v18.20.1', []],
    ['not a range', 'v20.19.0', []],
  ])('%s on %s', (engines, version, expected) => {
    expect(at(engines, version)).toEqual(expected);
  });
});

test('another user needs root', () => {
  expect(ofApp('uid: 33', { uid: 1000 })).toEqual(['CU1609']);
  expect(ofApp('uid: 1000', { uid: 1000 })).toEqual([]);
  expect(ofApp('uid: 33, gid: 33', { uid: 0 })).toEqual([]);
  expect(ofApp('uid: 33')).toEqual([]);
});

describe('depends_on', () => {
  test.each([
    ['depends_on: [b]', 'x-none: 1', []],
    ['depends_on: bb', 'x-none: 1', ['CU1515']],
    ['depends_on: { b: ready }', 'depends_on: a', ['CU1516']],
    ['depends_on: a', 'x-none: 1', ['CU1516']],
    ['depends_on: { b: completed }', 'x-none: 1', ['CU1517']],
    ['depends_on: { b: completed }', 'autorestart: false', []],
    ['depends_on: { b: completed }', 'stop_exit_codes: [0]', []],
  ])('%s and %s', (a, b, expected) => {
    expect(ofTwo(a, b)).toEqual(expected);
  });
});

test('a circle is told with its way', () => {
  const apps = ['a', 'b', 'c'].map(
    (name, i) => `{ name: ${name}, script: server.js, depends_on: [${'bca'[i] ?? ''}] }`,
  );
  const [problem] = parse(`apps: [${apps.join(', ')}]`).diagnostics;
  expect(problem?.message).toBe('Apps wait for each other: `a` needs `b` needs `c` needs `a`.');
});

test('--only brings what its apps depend on', () => {
  const text =
    'apps: [{ name: a, script: server.js, depends_on: b }, { name: b, script: server.js, depends_on: { c: started } }, { name: c, script: server.js }, { name: d, script: server.js }]';
  const names = (only: string): (string | undefined)[] | undefined =>
    parse(text, { only: [only] }).desired?.apps.map(({ name }) => name);
  expect(names('a')).toEqual(['a', 'b', 'c']);
  expect(names('c')).toEqual(['c']);
});

describe('secrets', () => {
  // Put together here, so that no scanner takes this file for a leak.
  const made = (...parts: readonly string[]): string => parts.join('');
  const random = made('q7Zp2Xv9', 'Lm4Tn8Rb', '1Kc6Wd3Y');

  test.each([
    ['DB_PASSWORD', 'correct-horse'],
    ['API_KEY', 'abcd1234'],
    ['STRIPE', made('sk_', 'live_', random)],
    ['AWS_ID', made('AKIA', 'ABCDEFGHIJKLMNOP')],
    ['DATABASE_URL', made('postgres://app:', 'hunter2', '@db/app')],
    ['ANYTHING', random],
  ])('%s', (name, value) => {
    const { diagnostics } = parse(`apps: [{ script: server.js, env: { ${name}: "${value}" } }]`);
    expect(diagnostics.map(({ code }) => code)).toEqual(['CU1407']);
    expect(JSON.stringify(diagnostics)).not.toContain(value);
  });

  test.each([
    ['DB_PASSWORD', '${DB_PASSWORD:-x}'],
    ['DB_PASSWORD', 'changeme'],
    ['DB_PASSWORD', '<your password>'],
    ['PASSWORD_FILE', '/run/secrets/db'],
    ['SECRET', '/run/secrets/db'],
    ['TOKEN_TTL', '3600'],
    ['USE_TOKEN', 'true'],
    ['TOKEN_ADDRESS', '0x52908400098527886E0F7030069857D2E4169EE7'],
    ['DATABASE_URL', 'postgres://localhost/app'],
    ['NODE_OPTIONS', '--max-old-space-size=4096 --enable-source-maps'],
    ['COMPASS', 'north-by-northwest'],
    ['GREETING', 'The quick brown fox jumps over the lazy dog'],
    ['CLASS', 'com.example.services.billing.InvoiceService2'],
  ])('not %s: %s', (name, value) => {
    expect(ofApp(`env: { ${name}: "${value}" }`)).toEqual([]);
  });

  test('in arguments, by form', () => {
    expect(ofApp(`args: ["--key=${made('ghp_', random, random)}"]`)).toEqual(['CU1407']);
  });
});

test.each([
  [
    'instances: 2, health_check: { http: healthz }',
    'CU1301',
    '`health_check.http` must be a path that begins with /',
  ],
  ['instances: 2, health_check: { http: /a b }', 'CU1301', 'without spaces, not "/a b"'],
  ['instances: 2, ready: { http: healthz }', 'CU1301', '`ready.http` must be a path that begins with /'],
  [
    'instances: 2, health_check: { interval: 9s }',
    'CU1513',
    '`health_check` has no effect: it names no path.',
  ],
  ['exec_mode: fork, health_check: { http: /a }', 'CU1513', 'only workers in cluster mode can be asked'],
  ['exec_mode: fork, event_loop_timeout: 9s', 'CU1513', 'only workers in cluster mode can be asked'],
  ['exec_mode: fork, ready: { http: /a }', 'CU1513', 'only workers in cluster mode can be probed'],
])('probes: %s', (fields, code, message) => {
  const { diagnostics } = parse(`apps: [{ script: server.js, ${fields} }]`);
  expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  expect(diagnostics[0]?.message).toContain(message);
});

test.each([
  ['apps: [{ name: all, script: server.js }]', ['CU1518']],
  ['apps: { all: { script: server.js } }', ['CU1518']],
  ['apps: [{ script: bin/all.js }]', ['CU1518', 'CU1601']],
  ['apps: [{ name: All, script: server.js }, { name: all-of-it, script: server.js }]', []],
])('no app is called what commands call every app: %s', (text, expected) => {
  expect(codes(text).sort()).toEqual(expected);
});
