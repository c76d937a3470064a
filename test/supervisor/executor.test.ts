/** From a step to what is done: processes, sockets and descriptors only take notes. */
import { expect, test } from 'vitest';
import type { Timers } from '../../src/model/clock.ts';
import type { AppSpec } from '../../src/model/spec.ts';
import type { StartStep, Step } from '../../src/model/step.ts';
import { Attempts } from '../../src/supervisor/attempts.ts';
import { Executor } from '../../src/supervisor/executor.ts';
import { RunningWorkers } from '../../src/supervisor/running-workers.ts';
import type { Launch, WorkerHandle, WorkerNews } from '../../src/workers/handle.ts';
import { spec } from '../plan/build.ts';

type Start = (launch: Launch, news: (news: WorkerNews) => void) => Partial<WorkerHandle>;

const timers: Timers = { now: () => 7, after: () => () => {}, soon: (act) => act() };
const START: StartStep = { kind: 'start', app: 'web', cause: 'a test', slot: 1, revision: 'a' };
const EXITED: WorkerNews = {
  type: 'exited',
  exit: { code: 1, signal: null, stderr: [], spawnError: null },
};

/** All that is done, in order, as one word each. */
function executor(start: Start = () => ({})) {
  const done: string[] = [];
  const note =
    (what: string) =>
    (...about: readonly unknown[]): void =>
      void done.push([what, ...about.map((one) => JSON.stringify(one))].join(' '));
  const workers = new RunningWorkers({
    attempts: new Attempts(timers),
    failed: (app, slot, what) => note('failed')(app, slot, what),
  });
  const made = new Executor({
    timers,
    start: (launch, news) => {
      note('process')(launch.id, launch.slot);
      const nothing = { pid: 42, drain: note('drain'), stop: note('stop'), kill: note('kill') };
      return { ...nothing, lastWords: () => [], ...start(launch, news) };
    },
    workers,
    sockets: {
      settle: note('settle'),
      close: note('close'),
      clear: note('clear'),
      release: note('release'),
      review: note('review'),
    },
    reserve: { fill: note('fill'), ease: note('ease'), drop: note('drop') },
    event: (event) => note(event.type)(event.type === 'started' ? event.pid : null),
    started: (pid) => note('written down')(pid),
    news: ({ id }, { type }) => note('news')(id, type),
  });
  const run = (step: Step, app: AppSpec = spec()): string[] => {
    made.execute(step, app);
    return done.splice(0);
  };
  return { run, workers, done };
}

test('a process is known before anything is told of it, and what it says while it starts is not lost', () => {
  const { run } = executor((_launch, news) => {
    news({ type: 'message' });
    news(EXITED);
    return {};
  });
  expect(run(START)).toEqual([
    ...['drop', 'process 0 1', 'started 42', 'fill', 'ease'],
    ...['written down 42', 'news 0 "message"', 'news 0 "exited"'],
  ]);
});

test('what it says later is told at once', () => {
  let tell: (news: WorkerNews) => void = () => {};
  const { run, done } = executor((_launch, news) => {
    tell = news;
    return {};
  });
  run(START);
  tell({ type: 'alive' });
  expect(done).toEqual(['news 0 "alive"']);
});

test('one that could not be started has no process id, and has ended for a reason', () => {
  const { run, workers } = executor(() => {
    throw Object.assign(new Error('no'), { code: 'EMFILE' });
  });
  expect(run(START)).toEqual(['drop', 'process 0 1', 'started null', 'fill', 'ease', 'news 0 "exited"']);
  expect(workers.isAny('web')).toBe(false);
});

test('a process without an id is not written down', () => {
  const { run } = executor(() => ({ pid: null }));
  expect(run(START)).not.toContainEqual(expect.stringContaining('written down'));
});

test('only an app that has nobody gets the descriptors in reserve', () => {
  const { run } = executor();
  expect(run(START)[0]).toBe('drop');
  expect(run({ ...START, slot: 2 })[0]).toBe('fill');
});

test('no id is given twice', () => {
  const { run } = executor();
  expect([run(START)[1], run(START)[1]]).toEqual(['process 0 1', 'process 1 1']);
});

test('the sockets are closed before the process that binds for itself starts, and those that have made way', () => {
  const { run } = executor();
  const clears = [{ app: 'old', ports: null }];
  const program = spec({ process: { mode: 'fork' } });
  expect(run({ ...START, clears }, program).slice(0, 2)).toEqual(['close "web" null', 'clear "old" null']);
  expect(run(START)).not.toContain('close "web" null');
});

test.each([
  ['drain', 'drain'],
  ['stop', 'stop'],
  ['kill', 'kill'],
] as const)('%s is done to the worker of the step and to no other', (kind, expected) => {
  const { run } = executor();
  run(START);
  const step = { kind, app: 'web', cause: 'a test' };
  expect(run({ ...step, worker: 0 })).toEqual([expect.stringMatching(new RegExp(`^${expected}\\b`))]);
  expect(run({ ...step, worker: 5 })).toEqual([]);
});

test('ready is told to whoever has been kept from accepting', () => {
  const told: string[] = [];
  const { run } = executor(() => ({ accept: () => void told.push('accept') }));
  run(START);
  run({ kind: 'ready', app: 'web', cause: 'a test', worker: 0 });
  expect(told).toEqual(['accept']);
});

test('what cannot be told is said of the worker', () => {
  const { run } = executor(() => ({
    kill: () => {
      throw new Error('EPERM');
    },
  }));
  run(START);
  const step: Step = { kind: 'kill', app: 'web', cause: 'a test', worker: 0 };
  expect(run(step)).toEqual(['failed "web" 1 "it could not be killed"']);
});

test.each<[Step, string[]]>([
  [{ kind: 'complete', app: 'web', cause: '', revision: 'a' }, ['settle "web"']],
  [{ kind: 'remove', app: 'web', cause: '' }, ['release "web"']],
  [{ kind: 'fail', app: 'web', cause: '', revision: 'a', outcome: 'failed' }, ['review']],
  [{ kind: 'begin', app: 'web', cause: '', from: null, to: 'a' }, []],
  [{ kind: 'hold', app: 'web', cause: '', revision: 'a' }, []],
  [{ kind: 'leave', app: 'web', cause: '' }, []],
])('$kind', (step, expected) => {
  expect(executor().run(step)).toEqual(expected);
});
