import { expect, test } from 'vitest';
import type { Exit } from '../../../src/model/observed.ts';
import { Tally } from '../../../src/supervisor/metrics/tally.ts';

const EXIT: Exit = { code: 1, signal: null, stderr: [], spawnError: null };

test('counts restarts by reason and rollouts by result, for each app', () => {
  const tally = new Tally();
  const died = (exit: Exit): void => tally.note({ type: 'died', app: 'a', slot: 0, pid: 1, exit });
  died(EXIT);
  died(EXIT);
  died({ ...EXIT, code: null, signal: 'SIGKILL' });
  died({ ...EXIT, code: null, spawnError: 'no such file' });
  const step = { app: 'a', cause: 'why' } as const;
  const notice = { type: 'step', slot: 0, pid: 1 } as const;
  tally.note({ ...notice, step: { ...step, kind: 'stop', worker: 1, overdue: true } });
  tally.note({ ...notice, step: { ...step, kind: 'stop', worker: 1 } });
  tally.note({ ...notice, step: { ...step, kind: 'drain', worker: 1, overdue: true } });
  tally.unfit('a', 'memory');
  tally.unfit('a', 'health');
  tally.note({ ...notice, step: { ...step, kind: 'complete', revision: 'r' } });
  tally.note({ ...notice, step: { ...step, kind: 'fail', revision: 'r', outcome: 'rolled-back' } });
  tally.note({ ...notice, step: { ...step, kind: 'fail', revision: 'r', outcome: 'paused' } });
  expect(tally.of('a')).toEqual({
    restarts: { exit: 2, signal: 1, not_started: 1, not_ready: 2, memory: 1, health: 1 },
    rollouts: { complete: 1, rolled_back: 1, paused: 1, failed: 0 },
  });
  expect(tally.of('b').restarts.exit).toBe(0);
  tally.keepOnly(['b']);
  expect(tally.of('a').restarts.exit).toBe(0);
});
