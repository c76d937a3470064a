/** PM2's files mean here what they mean to PM2. */
import { describe, expect, test } from 'vitest';
import { appOf, appsOf, parse, told } from '../helpers.ts';

describe('instances', () => {
  test.each([
    ['instances: 4', 4],
    ['instances: "4"', 4],
    ['instances: max', 8],
    ['instances: 0', 8],
    ['instances: "0"', 8],
    ['instances: -1', 7],
    ['instances: -3', 5],
    ['instances: -64', 1],
    ['x-none: 1', 1],
    ['instances: null', 1],
  ])('%s on 8 cores is %i', (fields, count) => {
    expect(appOf(fields).instances).toBe(count);
  });

  test.each(['-100', '1e9', '1025', '"-100"', '1.5', 'many'])('%s is refused', (value) => {
    expect(told(parse(`apps: [{ script: server.js, instances: ${value} }]`))).toEqual(['1:40 CU1301 error']);
  });
});

describe('exec_mode', () => {
  test.each([
    ['x-none: 1', 'fork', 'node'],
    ['instances: 1', 'cluster', 'node'],
    ['instances: "1"', 'cluster', 'node'],
    ['instances: 0', 'cluster', 'node'],
    ['instances: max', 'cluster', 'node'],
    ['instances: -1', 'cluster', 'node'],
    ['exec_mode: cluster', 'cluster', 'node'],
    ['exec_mode: cluster_mode', 'cluster', 'node'],
    ['execMode: cluster', 'cluster', 'node'],
    ['exec_mode: fork, instances: 4', 'fork', 'node'],
    ['exec_mode: fork_mode', 'fork', 'node'],
    ['instances: 2, interpreter: bun', 'fork', 'bun'],
    ['instances: 2, interpreter: node', 'cluster', 'node'],
    ['instances: 2, script: main.py', 'fork', 'python3'],
    ['instances: 2, script: npm', 'fork', null],
    ['instances: 2, interpreter: none, script: bin/binary', 'fork', null],
  ])('%s is %s by %s', (fields, mode, interpreter) => {
    const { process } = appOf(fields);
    expect([process.mode, process.interpreter]).toEqual([mode, interpreter]);
  });

  test.each([
    'script: main.py',
    'script: npm',
    'interpreter: babel-node',
    'interpreter: bash, script: run.sh',
  ])('cluster with %s runs in fork mode, and says so', (fields) => {
    const loaded = parse(
      `apps: [{ script: server.js, exec_mode: cluster }]`.replace(
        'script: server.js',
        fields.includes('script') ? fields : `script: server.js, ${fields}`,
      ),
    );
    expect(loaded.diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual(['CU1504 warning']);
    expect(loaded.desired?.apps[0]?.process.mode).toBe('fork');
  });

  test('another Node in cluster mode is not used, and says so', () => {
    const loaded = parse('apps: [{ script: server.js, exec_mode: cluster, interpreter: node@18.0.0 }]');
    expect(told(loaded)).toEqual(['1:62 CU1507 warning']);
    expect(loaded.desired?.apps[0]?.process.interpreter).toBe('node');
  });
});

describe('name', () => {
  test.each([
    ['script: server.js', 'server'],
    ['script: bin/www', 'www'],
    ['script: echo hello', 'echo hello'],
    ['name: "@scope/api"', '@scope/api'],
    ['name: two words', 'two words'],
    ['name: 007', '007'],
  ])('%s is %s', (fields, name) => {
    expect(appOf(fields).name).toBe(name);
  });
});

describe('arguments', () => {
  test.each([
    ['args: ""', []],
    ['args: --a "b c" \\d', ['--a', 'b c', 'd']],
    ['args: [a, 15, true, 1.50]', ['a', '15', 'true', '1.50']],
    ['args: 15', ['15']],
  ])('%s', (fields, args) => {
    expect(appOf(fields).process.args).toEqual(args);
  });
});

describe('environment', () => {
  test('values are text as it is written', () => {
    const { env } = appOf(
      'env: { A: 1, B: 3.10, C: True, D: , E: 0x1F, F: "x", G: ~, H: 007, I: yes }',
    ).process;
    expect(env).toEqual({
      A: '1',
      B: '3.10',
      C: 'true',
      D: '',
      E: '0x1F',
      F: 'x',
      G: '',
      H: '007',
      I: 'yes',
    });
  });

  test('names that JavaScript would trip over are names', () => {
    const { env } = appOf('env: { __proto__: a, constructor: b }').process;
    expect(Object.entries(env)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  test('later sources win', () => {
    const text =
      'apps: [{ script: server.js, env_file: .env, port: 8000, env: { A: 1 }, env_production: { A: 2, PORT: 9 } }]';
    expect(appsOf(text)[0]?.process.env).toEqual({ FROM_FILE: '1', PORT: '8000', A: '1' });
    expect(appsOf(text, { envName: 'production' })[0]?.process.env).toEqual({
      FROM_FILE: '1',
      PORT: '9',
      A: '2',
    });
  });

  test('port does not win over env.PORT, and either says that the app listens', () => {
    expect(appOf('port: 1, env: { PORT: 2 }')).toMatchObject({
      process: { env: { PORT: '2' } },
      namesPort: true,
    });
    expect(appOf('port: 1').namesPort).toBe(true);
    expect(appOf('env_file: .env').namesPort).toBe(false);
    expect(appOf('env: null').namesPort).toBe(false);
  });

  test('--env of one app leaves the others alone', () => {
    const text = 'apps: [{ script: server.js, env_prod: { A: 1 } }, { script: worker.mjs, env: { B: 1 } }]';
    expect(appsOf(text, { envName: 'prod' }).map(({ process }) => process.env)).toEqual([
      { A: '1' },
      { B: '1' },
    ]);
  });
});

describe('logs', () => {
  test.each([
    [
      'x-none: 1',
      { out: null, err: null, all: null, merge: false, json: false, dateFormat: null, disabled: false },
    ],
    ['out_file: logs/a.log, error: /var/b.log', { out: '/srv/logs/a.log', err: '/var/b.log' }],
    ['cwd: backend, script: start.js, out: ../a.log', { out: '/srv/a.log' }],
    ['out_file: ~/a.log, name: "a b", log: true', { out: '/root/a.log', all: '/srv/logs/a-b.log' }],
    ['out_file: NULL, error_file: /dev/null, log_file: false', { out: null, err: null, all: null }],
    ['combine_logs: true, log_type: json, disable_logs: true', { merge: true, json: true, disabled: true }],
    ['time: true', { dateFormat: 'YYYY-MM-DDTHH:mm:ss' }],
    ['time: true, log_date_format: HH:mm', { dateFormat: 'HH:mm' }],
    ['log_date_format: ""', { dateFormat: null }],
    ['log_rotation: true', { rotation: { maxSize: 10 * 2 ** 20, maxAge: null, keep: 10, compress: true } }],
    ['log_rotation: false', { rotation: null }],
    [
      'log_rotation: { maxSize: 1K, max_age: 1d, keep: "0", compress: false }',
      { rotation: { maxSize: 1024, maxAge: 86_400_000, keep: 0, compress: false } },
    ],
  ])('of %s', (fields, logs) => {
    expect(appOf(fields).logs).toMatchObject(logs);
  });

  test('are rotated by default', () => {
    expect(appOf('x-none: 1').logs.rotation).toEqual(appOf('log_rotation: true').logs.rotation);
  });
});

describe('defaults', () => {
  test('of an app with only a script', () => {
    expect(appOf('x-none: 1')).toMatchObject({
      ready: 'auto',
      listenTimeout: null,
      rollout: { maxSurge: 0, maxUnavailable: 1, minReady: 0, deadline: 60_000, onFailure: 'rollback' },
      stop: { drainTimeout: 10_000, killTimeout: 1600, killSignal: 'SIGINT', message: false },
      restart: { auto: true, stopExitCodes: [], minUptime: 1000, maxRestarts: null, delay: 0, backoff: 100 },
      triggers: { maxMemory: null, cron: null, watch: null },
      process: { balance: 'auto', instanceVar: 'NODE_APP_INSTANCE', incrementVar: null, cwd: '/srv' },
    });
  });

  test.each([
    ['exec_mode: cluster', 1, 0],
    ['exec_mode: fork', 0, 1],
    ['instances: 10, rollout: { max_surge: 25%, max_unavailable: 25% }', 3, 2],
    ['instances: 2, rollout: { max_surge: 0, max_unavailable: 25% }', 0, 1],
    ['instances: 2, rollout: { max_surge: 0 }', 0, 1],
    ['exec_mode: fork, rollout: { max_unavailable: 0 }', 1, 0],
    ['instances: 2, rollout: { maxSurge: "2" }', 2, 0],
  ])('rollout of %s', (fields, maxSurge, maxUnavailable) => {
    expect(appOf(fields).rollout).toMatchObject({ maxSurge, maxUnavailable });
  });

  test.each([
    ['wait_ready: true', 'message'],
    ['wait_ready: false', 'auto'],
    ['ready: started', 'started'],
    ['ready: { http: /healthz }', { http: '/healthz' }],
  ])('ready of %s', (fields, ready) => {
    expect(appOf(fields).ready).toEqual(ready);
  });

  test.each([
    ['min_uptime: 5s', 5000],
    ['min_uptime: "2000"', 2000],
    ['min_uptime: 1.5m', 90_000],
    ['min_uptime: 1h', 3_600_000],
    ['min_uptime: 250ms', 250],
  ])('%s', (fields, minUptime) => {
    expect(appOf(fields).restart.minUptime).toBe(minUptime);
  });

  test('stop_exit_codes is a code or a list', () => {
    expect(appOf('stop_exit_codes: 0').restart.stopExitCodes).toEqual([0]);
    expect(appOf('stop_exit_codes: [0, 143]').restart.stopExitCodes).toEqual([0, 143]);
  });
});
