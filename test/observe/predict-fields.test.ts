/** What `plan` predicts for each field of the file is what happens to the workers. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseEcosystem } from '../../src/config/load-ecosystem.ts';
import type { AppSpec } from '../../src/model/spec.ts';
import { predict } from '../../src/observe/report/predict.ts';
import { World } from '../plan/world.ts';

type Effect = 'none' | 'live' | 'scale' | 'roll';

/** A line of an app before and after an edit (empty: it is not written), and what that does. */
const FIELDS: Record<string, readonly [before: string, after: string, effect: Effect]> = {
  script: ['', 'script: ./b.js', 'roll'],
  args: ['args: --a', 'args: --b', 'roll'],
  cwd: ['', 'cwd: ./sub', 'roll'],
  source: ['', 'source: { folder: ../shop }', 'roll'],
  interpreter: ['interpreter: node', 'interpreter: bun', 'roll'],
  node_args: ['', 'node_args: --no-warnings', 'roll'],
  port: ['port: 3000', 'port: 3001', 'roll'],
  env: ['env: { A: 1 }', 'env: { A: 2 }', 'roll'],
  env_file: ['', 'env_file: .env', 'roll'],
  uid: ['uid: 33', 'uid: 34', 'roll'],
  gid: ['', 'gid: 33', 'roll'],
  filter_env: ['', 'filter_env: [AWS_]', 'roll'],
  instance_var: ['', 'instance_var: SLOT', 'roll'],
  increment_var: ['env: { PORT: 1 }', '{ env: { PORT: 1 }, increment_var: PORT }', 'roll'],
  instances: ['instances: 2', 'instances: 5', 'scale'],
  exec_mode: ['exec_mode: cluster', 'exec_mode: fork', 'roll'],
  balance: ['balance: shared', 'balance: kernel', 'roll'],
  rollout: ['', 'rollout: { max_surge: 2, min_ready: 1s, canary: 1, canary_pause: 1s }', 'live'],
  ready: ['', 'ready: message', 'live'],
  wait_ready: ['', 'wait_ready: true', 'live'],
  listen_timeout: ['', 'listen_timeout: 9s', 'live'],
  autostart: ['', 'autostart: false', 'live'],
  autorestart: ['', 'autorestart: false', 'live'],
  stop_exit_codes: ['', 'stop_exit_codes: [3]', 'live'],
  min_uptime: ['', 'min_uptime: 2s', 'live'],
  max_restarts: ['', 'max_restarts: 3', 'live'],
  restart_delay: ['', 'restart_delay: 1s', 'live'],
  exp_backoff_restart_delay: ['', 'exp_backoff_restart_delay: 200', 'live'],
  drain_timeout: ['', 'drain_timeout: 20s', 'live'],
  kill_signal: ['', 'kill_signal: SIGTERM', 'live'],
  kill_timeout: ['', 'kill_timeout: 9s', 'live'],
  shutdown_with_message: ['', 'shutdown_with_message: true', 'live'],
  health_check: ['health_check: { http: /a }', 'health_check: { http: /a, interval: 9s }', 'live'],
  event_loop_timeout: ['', 'event_loop_timeout: 9s', 'live'],
  max_memory_restart: ['', 'max_memory_restart: 300M', 'live'],
  cron_restart: ['', 'cron_restart: 0 3 * * *', 'live'],
  cron_timezone: ['cron_restart: 0 3 * * *', '{ cron_restart: 0 3 * * *, cron_timezone: UTC }', 'live'],
  watch: ['', 'watch: true', 'live'],
  ignore_watch: ['watch: true', '{ watch: true, ignore_watch: [tmp] }', 'live'],
  watch_delay: ['watch: true', '{ watch: true, watch_delay: 2s }', 'live'],
  watch_options: ['watch: true', '{ watch: true, watch_options: { usePolling: true } }', 'live'],
  depends_on: ['depends_on: other', 'depends_on: { other: started }', 'live'],
  out_file: ['', 'out_file: out.log', 'live'],
  error_file: ['', 'error_file: err.log', 'live'],
  log_file: ['', 'log_file: all.log', 'live'],
  merge_logs: ['', 'merge_logs: true', 'live'],
  log_type: ['', 'log_type: json', 'live'],
  log_date_format: ['', 'log_date_format: HH:mm', 'live'],
  time: ['', 'time: true', 'live'],
  disable_logs: ['', 'disable_logs: true', 'live'],
  log_rotation: ['', 'log_rotation: { max_size: 1M, max_age: 1d, keep: 3, compress: false }', 'live'],
};

/** They only say where the other fields come from. */
const SOURCES = ['name', 'extends', 'profiles', '$schema'];

describe('every field that has an effect', () => {
  test('is in the table', () => {
    expect(Object.keys(FIELDS).sort()).toEqual(fieldsOfSchema());
  });

  test.each(Object.entries(FIELDS))('%s', (_field, [before, after, effect]) => {
    const from = load(before);
    const to = load(after);
    expect(predict(from, { file: '', generation: '', apps: to, orphanTimeout: 0 })[0]?.effect).toBe(effect);
    expect(observedEffect(from, to)).toEqual(effect === 'none' || effect === 'live' ? 'kept' : effect);
  });
});

test('fields without an effect change nothing', () => {
  const [from, to] = [load(''), load('namespace: shop')];
  expect(predict(from, { file: '', generation: '', apps: to, orphanTimeout: 0 })[0]?.effect).toBe('none');
  expect(observedEffect(from, to)).toBe('kept');
});

function fieldsOfSchema(): string[] {
  const schema = JSON.parse(readFileSync('schemas/ecosystem.schema.json', 'utf8')) as {
    $defs: { app: { properties: Record<string, Record<string, unknown>> } };
  };
  return Object.entries(schema.$defs.app.properties)
    .filter(([, property]) => !['x-alias-of', 'x-ignored'].some((mark) => mark in property))
    .map(([name]) => name)
    .filter((name) => !SOURCES.includes(name))
    .sort();
}

/** An app in cluster mode with two workers and `line`. */
function load(line: string): readonly AppSpec[] {
  const own = line.startsWith('{') ? line : `{ ${line} }`;
  const base = '{ name: web, script: ./a.js, instances: 2, exec_mode: cluster }';
  const other = line.includes('other') ? '  - { name: other, script: ./b.js }\n' : '';
  const text = `apps:\n  - <<: [ ${own}, ${base} ]\n${other}`;
  const { desired, diagnostics } = parseEcosystem(text, '/srv/ecosystem.yml', {
    cores: 8,
    processEnv: {},
    nodeVersion: 'v24.0.0',
    missingScript: 'warning',
    files: {
      kind: (path) => (path.endsWith('.js') || path.endsWith('.env') ? 'file' : 'directory'),
      head: () => new Uint8Array(),
      text: () => 'FROM_FILE=1\n',
      whyNoText: () => null,
      executable: () => true,
      real: (path) => path,
    },
  });
  if (desired === null) throw new Error(JSON.stringify(diagnostics));
  return desired.apps;
}

/** What became of the workers of a converged app. */
function observedEffect(from: readonly AppSpec[], to: readonly AppSpec[]): 'kept' | 'scale' | 'roll' {
  const world = new World();
  world.edit(...from);
  const before = converge(world);
  world.edit(...to);
  const after = converge(world);
  const survivors = after.filter((id) => before.includes(id));
  if (survivors.length === 0) return 'roll';
  return after.length === before.length && survivors.length === before.length ? 'kept' : 'scale';
}

/** Whoever starts gets ready, and whoever is asked to leave leaves, until nothing is planned. */
function converge(world: World): number[] {
  for (;;) {
    const { workers } = world.app();
    const all = world.observed.apps.flatMap((app) => app.workers);
    const starting = all.filter(({ status }) => status === 'starting').map(({ id }) => id);
    const online = workers.filter(({ status }) => status === 'online').map(({ id }) => id);
    const isDone = starting.length === 0 && online.length === workers.length;
    if (isDone && (online.length > 0 || world.app().spec.instances === 0)) return online;
    world.listen(...starting);
    world.say('message', ...starting);
    world.say('alive', ...starting);
    world.wait(1000);
    world.leave();
  }
}
