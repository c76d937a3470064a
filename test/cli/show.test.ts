import { expect, test } from 'vitest';
import { renderDetails } from '../../src/cli/show.ts';
import { spec } from '../plan/build.ts';

test('show tells about the app, its workers and its last exits', () => {
  const app = spec({ process: { args: ['--verbose'], env: { TOKEN: '***', PORT: '***' } } });
  const exit = {
    code: 1,
    signal: null,
    stderr: ['Error: no database'],
    spawnError: null,
    reason: 'exited with code 1',
  };
  const text = renderDetails({
    name: 'web',
    mode: 'cluster',
    version: '1.2.3',
    status: 'degraded',
    desired: 2,
    ready: 1,
    revision: 'a',
    stable: 'a',
    addresses: ['[::]:8080'],
    logFiles: [],
    drains: {
      total: { inFlight: 5, arrived: 2, finished: 4, aborted: 1, cutOff: 2, closedIdle: 1 },
      rollout: { inFlight: 3, arrived: 0, finished: 1, aborted: 0, cutOff: 2, closedIdle: 1 },
      retired: [
        { id: 1, slot: 0, revision: 'z', pid: 11, ledger: null },
        {
          id: 2,
          slot: 1,
          revision: 'z',
          pid: 12,
          ledger: {
            inFlight: 3,
            arrived: 0,
            finished: 1,
            aborted: 0,
            cutOff: 2,
            closedIdle: 1,
            cut: [{ request: 'GET /export', times: 2 }],
          },
        },
      ],
    },
    rollout: { state: 'complete', from: null, to: 'a', updated: 1, total: 2, message: null },
    workers: [
      {
        id: 4,
        slot: 0,
        pid: 4242,
        status: 'online',
        revision: 'a',
        restarts: 0,
        uptimeMs: 65_000,
        cpu: 0.1,
        memory: 44_800_000,
        reason: null,
      },
      {
        id: 7,
        slot: 1,
        pid: null,
        status: 'backoff',
        revision: 'a',
        restarts: 3,
        uptimeMs: null,
        cpu: null,
        memory: null,
        reason: 'exited with code 1',
      },
    ],
    spec: app,
    exits: [
      {
        ...exit,
        slot: 0,
        pid: 40,
        revision: 'b',
        agoMs: 90_000,
        code: null,
        signal: 'SIGKILL',
        reason: 'was killed by SIGKILL',
      },
      { ...exit, slot: 1, pid: 41, revision: 'a', agoMs: 12_000 },
    ],
  });
  expect(text).toMatchInlineSnapshot(`
    "name        web
    status      degraded, 1 of 2 workers ready
    version     1.2.3
    mode        cluster
    script      /srv/server.js --verbose
    interpreter node
    cwd         /srv
    env         TOKEN, PORT
    listens on  [::]:8080
    balance     auto
    revision    a, stable
    rollout     complete
    workers
      4 in slot 0: online, pid 4242, up 1m, 44.8 MB, restarts 0
      7 in slot 1: backoff, restarts 3, last one exited with code 1
    last exits
      12s ago slot 1 (pid 41) exited with code 1
        Error: no database
      1m ago slot 0 (pid 40) was killed by SIGKILL
    drains
      last rollout: 3 requests in flight; 1 finished, 2 cut off, 1 idle connection closed
      in all: 5 requests in flight, 2 came later; 4 finished, 1 given up, 2 cut off, 1 idle connection closed
      1 in slot 0: unknown, it did not answer
      2 in slot 1: 3 requests in flight; 1 finished, 2 cut off, 1 idle connection closed
        cut off 2 requests: GET /export (2)
    "
  `);
});
