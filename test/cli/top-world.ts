/** A state with a bit of everything, for the tests of `top`. */
import type { LogLine } from '../../src/model/control.ts';
import type { AppState, State, WorkerView } from '../../src/model/state.ts';
import { FIRST_VIEW, type Model, type View } from '../../src/cli/top/model.ts';

export function worker(change: Partial<WorkerView> = {}): WorkerView {
  return {
    id: 0,
    slot: 0,
    pid: 4000,
    status: 'online',
    revision: 'a1b2c3d4',
    restarts: 0,
    uptimeMs: 3_600_000,
    cpu: 0.25,
    memory: 48_000_000,
    reason: null,
    ...change,
  };
}

export function app(change: Partial<AppState> = {}): AppState {
  const workers = change.workers ?? [worker()];
  return {
    name: 'api',
    mode: 'cluster',
    version: '1.2.3',
    status: 'online',
    desired: workers.length,
    ready: workers.length,
    revision: 'a1b2c3d4',
    rollout: {
      state: 'complete',
      from: null,
      to: 'a1b2c3d4',
      updated: workers.length,
      total: workers.length,
      message: null,
    },
    workers,
    ...change,
  };
}

export function state(change: Partial<State> = {}): State {
  return {
    ecosystem: '/srv/shop/ecosystem.yml',
    converged: true,
    supervisor: {
      pid: 4242,
      version: '1.0.0',
      uptimeMs: 7_500_000,
      memory: 61_300_000,
      cpu: 0.012,
      loopDelayMs: 1,
    },
    config: { state: 'applied', error: null },
    apps: [app()],
    ...change,
  };
}

export const view = (change: Partial<View> = {}): View => ({ ...FIRST_VIEW, ...change });

/** One app rolls, one of whose workers is blocked; one has failed; one runs in fork mode; the file was rejected. */
export function busy(change: Partial<Model> = {}): Model {
  const api = app({
    status: 'rolling',
    desired: 4,
    ready: 4,
    rollout: {
      state: 'progressing',
      from: '00000000',
      to: 'a1b2c3d4',
      updated: 2,
      total: 4,
      message: null,
    },
    workers: [
      worker({ id: 4, slot: 0, pid: 40_010, uptimeMs: 4000, cpu: 0.9 }),
      worker({ id: 5, slot: 1, pid: 40_011, uptimeMs: 2000, cpu: 1.04, memory: 1_250_000_000 }),
      worker({ id: 1, slot: 1, pid: 40_001, status: 'draining', revision: '00000000' }),
      worker({
        id: 2,
        slot: 2,
        pid: 40_002,
        revision: '00000000',
        restarts: 2,
        reason: 'was killed by SIGKILL',
      }),
      worker({ id: 3, slot: 3, pid: 40_003, revision: '00000000' }),
    ],
  });
  const mailer = app({
    name: 'mailer-with-a-long-name',
    version: null,
    status: 'errored',
    desired: 1,
    ready: 0,
    rollout: {
      state: 'failed',
      from: null,
      to: 'ffffffff',
      updated: 0,
      total: 1,
      message: 'exited with code 1 before it listened',
    },
    workers: [
      worker({
        id: 6,
        pid: null,
        status: 'backoff',
        restarts: 16,
        uptimeMs: null,
        cpu: null,
        memory: null,
        reason: 'exited with code 1 before it listened',
      }),
    ],
  });
  const python = app({
    name: 'python',
    mode: 'fork',
    version: null,
    workers: [worker({ id: 7, pid: 40_020 })],
  });
  return {
    state: state({
      converged: false,
      config: { state: 'rejected', error: 'CU1203 ecosystem.yml:4:5 instances must be a number' },
      apps: [api, mailer, python],
    }),
    metrics: {
      1: { load: { elapsedMs: 1000, requests: 0, delayP99Ms: 0.4, utilization: 0 }, silentMs: null },
      2: { load: { elapsedMs: 1000, requests: 412, delayP99Ms: 12.6, utilization: 0.2 }, silentMs: null },
      3: { load: null, silentMs: 1607 },
      4: { load: { elapsedMs: 1010, requests: 12_345, delayP99Ms: 3.2, utilization: 0.9 }, silentMs: null },
      5: { load: { elapsedMs: 0, requests: 0, delayP99Ms: 0, utilization: 0 }, silentMs: null },
      7: null,
    },
    logs: [
      line('python', 'hello world', 'out', 0),
      line('api', 'listens on 8080', 'out', 1),
      line('mailer-with-a-long-name', 'Error: no SMTP_HOST', 'err', 0),
      line('api', `GET /${'x'.repeat(200)} 200`, 'out', 3),
    ],
    view: FIRST_VIEW,
    silentMs: 0,
    ...change,
  };
}

export function line(of: string, text: string, stream: 'out' | 'err' = 'out', slot = 0, at = 0): LogLine {
  return { at, app: of, slot, stream, text };
}
