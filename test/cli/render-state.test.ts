import { describe, expect, it } from 'vitest';
import { age, bytes, renderState } from '../../src/cli/render-state.ts';
import { styleFor } from '../../src/cli/style.ts';
import type { AppState, State, WorkerView } from '../../src/model/state.ts';

const worker = (more: Partial<WorkerView> = {}): WorkerView => ({
  id: 0,
  slot: 0,
  pid: 4242,
  status: 'online',
  revision: 'a1b2c3d4',
  restarts: 0,
  uptimeMs: 65_000,
  cpu: 0.02,
  memory: 44_800_000,
  reason: null,
  ...more,
});

const app = (more: Partial<AppState> = {}): AppState => ({
  name: 'api',
  mode: 'cluster',
  version: '1.2.3',
  status: 'online',
  desired: 1,
  ready: 1,
  revision: 'a1b2c3d4',
  rollout: {
    state: 'complete',
    from: null,
    to: 'a1b2c3d4',
    updated: 1,
    total: 1,
    message: null,
  },
  workers: [worker()],
  ...more,
});

const state = (apps: readonly AppState[], more: Partial<State> = {}): State => ({
  ecosystem: '/srv/app/ecosystem.yml',
  converged: true,
  supervisor: { pid: 1, version: '1.0.0', uptimeMs: 5, memory: 1, cpu: 0, loopDelayMs: 0 },
  config: { state: 'applied', error: null },
  apps,
  ...more,
});

const plain = { width: 80, style: styleFor(false) };

describe('the table of ls', () => {
  it('says why an app is there that the file no longer has', () => {
    const message = 'stays until shop is ready: shop exited with code 1';
    const left = app({ leaves: true, rollout: { ...app().rollout, message } });
    expect(renderState(state([left], { converged: false }), plain)).toContain(
      '  api is no longer in the file; it stays until shop is ready: shop exited with code 1',
    );
  });

  it('says what is as asked for by hand, and not as the file asks', () => {
    const message = 'is stopped by hand; `cluster-up start api` starts it';
    const stopped = app({ status: 'stopped', workers: [], rollout: { ...app().rollout, message } });
    expect(renderState(state([stopped], { converged: false }), plain)).toContain(
      'not converged:\n  api is stopped by hand; `cluster-up start api` starts it\n',
    );
  });

  it('has a row per worker and says that all is well', () => {
    const second = worker({
      id: 11,
      slot: 1,
      pid: 4_194_304,
      cpu: 1.5,
      memory: 1_234_567_890,
      uptimeMs: 9e8,
    });
    expect(renderState(state([app({ workers: [worker(), second] })]), plain)).toMatchInlineSnapshot(`
      "Name  id  version  mode     status  ↺   cpu   memory      pid  uptime
      api    0  1.2.3    cluster  online  0    2%  44.8 MB     4242      1m
      api   11  1.2.3    cluster  online  0  150%   1.2 GB  4194304     10d
      converged: all runs as ecosystem.yml asks
      "
    `);
  });

  it('fits 80 columns, however long the names are', () => {
    const name = 'a-very-long-name-of-an-app/that-goes-on-and-on';
    const text = renderState(
      state([
        app({
          name,
          version: '10.20.30-beta.1',
          workers: [worker({ id: 1234, pid: 4_194_304, restarts: 999 })],
        }),
      ]),
      plain,
    );
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).toMatchInlineSnapshot(`
      "Name            id version         mode    status   ↺ cpu  memory     pid uptime
      a-very-long-… 1234 10.20.30-beta.1 cluster online 999  2% 44.8 MB 4194304     1m
      converged: all runs as ecosystem.yml asks
      "
    `);
  });

  it('says why not, app by app', () => {
    const waiting = worker({
      pid: null,
      status: 'backoff',
      restarts: 3,
      uptimeMs: null,
      cpu: null,
      memory: null,
    });
    const apps = [
      app({
        name: 'bad',
        rollout: {
          state: 'rolled-back',
          from: 'a',
          to: 'b2',
          updated: 0,
          total: 1,
          message: 'exited with code 1',
        },
      }),
      app({
        name: 'new',
        status: 'starting',
        rollout: { ...app().rollout, state: 'progressing', updated: 0 },
      }),
      app({
        name: 'sick',
        status: 'degraded',
        ready: 0,
        workers: [{ ...waiting, reason: 'exited with code 7' }],
      }),
      app({ name: 'off', status: 'stopped', desired: 0, ready: 0, workers: [] }),
      app({
        name: 'job',
        status: 'stopped',
        ready: 0,
        workers: [{ ...waiting, status: 'stopped', reason: 'exited with code 0 before it was ready' }],
      }),
    ];
    const config = { state: 'rejected', error: '3:5 CU1203 Nobody knows the key `x`.' } as const;
    expect(renderState(state(apps, { converged: false, config }), plain)).toMatchInlineSnapshot(`
      "Name  id  version  mode     status   ↺  cpu   memory   pid  uptime
      bad    0  1.2.3    cluster  online   0   2%  44.8 MB  4242      1m
      new    0  1.2.3    cluster  online   0   2%  44.8 MB  4242      1m
      sick   0  1.2.3    cluster  backoff  3    -        -     -       -
      off    -  1.2.3    cluster  stopped  -    -        -     -       -
      job    0  1.2.3    cluster  stopped  3    -        -     -       -
      not converged:
        ecosystem.yml was rejected: 3:5 CU1203 Nobody knows the key \`x\`.
        bad: b2 rolled-back, it exited with code 1
        new: starting, 0 of 1 workers run a1b2c3d4
        sick: 0 of 1 workers are ready; the last one exited with code 7
      "
    `);
  });

  it('colours the status on a terminal, and nothing without', () => {
    expect(renderState(state([app()]), { width: 80, style: styleFor(true) })).toContain('\x1b[32monline');
    expect(renderState(state([app()]), plain)).not.toContain('\x1b');
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [44_800_000, '44.8 MB'],
  [123_456_789, '123 MB'],
  [5e12, '5000 GB'],
])('%d bytes are %s', (n, text) => {
  expect(bytes(n)).toBe(text);
});

it.each([
  [0, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_600_000, '1h'],
  [86_400_000 * 9, '9d'],
])('%d ms are %s', (ms, text) => {
  expect(age(ms)).toBe(text);
});

describe('what an upgrade has changed under it', () => {
  const shown = (onDisk: NonNullable<State['supervisor']['onDisk']>): string =>
    renderState(state([app()], { supervisor: { ...state([]).supervisor, onDisk } }), plain)
      .split('\n')
      .slice(3)
      .join('\n');

  it('is a line for each', () => {
    const node = { path: '/n/20/bin/node', version: 'v20.19.0' } as const;
    expect(shown({ node: { ...node, is: 'gone' } })).toMatch(
      /^Node v20\.19\.0 is gone from \/n\/20\/bin\/node: nothing new can be started/m,
    );
    expect(shown({ node: { ...node, is: 'replaced' }, clusterUp: { is: 'replaced' } })).toMatch(
      /^\/n\/20\/bin\/node is no longer the Node v20.*\ncluster-up 1\.0\.0 was replaced on disk: it goes on/m,
    );
  });
});
