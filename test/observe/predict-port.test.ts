/** What `plan` says of revisions that need a port which is still in use. */
import { describe, expect, test } from 'vitest';
import type { AppSpec, ProcessSpec } from '../../src/model/spec.ts';
import { formatPrediction, predict } from '../../src/observe/report/predict.ts';
import { desire, spec } from '../plan/build.ts';

function app(name: string, port: number | null, process: Partial<ProcessSpec> = {}): AppSpec {
  const env = { ...(port === null ? {} : { PORT: String(port) }), ...process.env };
  const revision = JSON.stringify([port, process]);
  return spec({ name, revision, namesPort: port !== null, process: { ...process, env } });
}

/** What is said of each app. */
function notes(
  before: AppSpec[],
  after: AppSpec[],
  { listens = true, canReusePort = true } = {},
): (string | undefined)[] {
  const seen = { listens: () => listens, canReusePort };
  return predict(before, desire(...after), seen).map(({ note }) => note);
}

describe('stops its workers first', () => {
  const fork = { mode: 'fork' } as const;
  test.each([
    [
      'cluster mode to fork',
      {},
      fork,
      'stops all 2 workers first, whatever rollout.max_unavailable says: fork mode cannot share a port with cluster mode',
    ],
    [
      'fork mode to cluster',
      fork,
      {},
      'stops all 2 workers as soon as a new one waits for their port, whatever rollout.max_unavailable says: cluster mode cannot share a port with fork mode',
    ],
  ])('%s', (_, from, to, note) => {
    expect(notes([app('web', 80, from)], [app('web', 80, to)])).toEqual([note]);
  });

  test('one worker is not all of them', () => {
    const before = { ...app('web', 80), instances: 1 };
    expect(notes([before], [app('web', 80, fork)])[0]).toMatch(/^stops its 1 worker first, /);
  });

  test('another host on the same port, where two sockets cannot be bound to it', () => {
    const [before, after] = ['127.0.0.1', '0.0.0.0'].map((HOST) => app('web', 80, { env: { HOST } }));
    const edit = [[before], [after]] as [AppSpec[], AppSpec[]];
    expect(notes(...edit)).toEqual([undefined]);
    expect(notes(...edit, { canReusePort: false })[0]).toMatch(/: two addresses of one port may not be had/);
  });

  test.each(['round-robin', 'sticky'] as const)('the same under %s', (balance) => {
    const [before, after] = ['127.0.0.1', '0.0.0.0'].map((HOST) =>
      app('web', 80, { balance, env: { HOST } }),
    );
    const edit = [[before], [after]] as [AppSpec[], AppSpec[]];
    expect(notes(...edit)).toEqual([undefined]);
    expect(notes(...edit, { canReusePort: false })[0]).toMatch(/: two addresses of one port may not be had/);
  });
});

describe('says nothing', () => {
  test.each([
    ['of cluster mode to fork where nobody listens', app('web', 80), app('web', 80, { mode: 'fork' }), false],
    ['of fork mode to cluster on another port', app('web', 80, { mode: 'fork' }), app('web', 81), true],
    ['of another variable', app('web', 80), app('web', 80, { env: { COLOUR: 'red' } }), true],
  ])('%s', (_, before, after, listens) => {
    expect(notes([before], [after], { listens, canReusePort: false })).toEqual([undefined]);
  });
});

test.each(['shared', 'kernel', 'sticky'] as const)('%s and round-robin share a port', (balance) => {
  const [one, other] = [app('web', 80, { balance }), app('web', 80, { balance: 'round-robin' })];
  for (const [before, after] of [
    [one, other],
    [other, one],
  ] as const)
    expect(notes([before], [after], { canReusePort: false })).toEqual([undefined]);
});

describe('ports that go from app to app', () => {
  test('two that swap', () => {
    expect(notes([app('a', 1), app('b', 2)], [app('a', 2), app('b', 1)])).toEqual([
      'trades ports with "b": once new workers of each wait, all earlier ones leave; connections wait meanwhile, and none is refused',
      'trades ports with "a": once new workers of each wait, all earlier ones leave; connections wait meanwhile, and none is refused',
    ]);
  });

  test('three in a ring', () => {
    const before = [app('a', 1), app('b', 2), app('c', 3)];
    const [first] = notes(before, [app('a', 2), app('b', 3), app('c', 1)]);
    expect(first).toMatch(/^trades ports with "b", "c": /);
  });

  test('one takes over what another leaves', () => {
    expect(notes([app('a', 1), app('b', 2)], [app('a', 2), app('b', 3)])).toEqual([
      'gets port 2 from "b", once that has left it',
      undefined,
    ]);
  });

  test('outside of a ring that others are in', () => {
    const before = [app('a', 1), app('b', 2), app('c', 3)];
    const [first] = notes(before, [app('a', 2), app('b', 3), app('c', 2)]);
    expect(first).toBe('gets port 2 from "b", once that has left it');
  });
});

test('it is in the text of the plan', () => {
  const predictions = predict([app('web', 80)], desire(app('web', 80, { mode: 'fork' })), {
    listens: () => true,
    canReusePort: true,
  });
  expect(formatPrediction(predictions)).toBe(
    'web  roll    exec_mode changed; stops all 2 workers first, whatever rollout.max_unavailable says: fork mode cannot share a port with cluster mode',
  );
});

test('a program that trades ports with another app ends before it can start', () => {
  const fork = { mode: 'fork' } as const;
  expect(notes([app('a', 1, fork), app('b', 2)], [app('a', 2, fork), app('b', 1)])).toEqual([
    'stops its 2 workers first, and starts once "b" has left port 2: until then nobody answers for it',
    'gets port 1 from "a", once that has left it',
  ]);
});
