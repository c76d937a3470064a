/** What is kept of ends, for people to look back at. */
import { expect, test } from 'vitest';
import { spec } from './build.ts';
import { running, World } from './world.ts';

test('the last ten of an app, whatever their slot, with what they said', () => {
  const world = running(spec());
  for (let i = 0; i < 12; i++) {
    const [first] = world.app().workers;
    world.now += 60_000;
    world.exit(i, `error ${i}`, first?.id ?? NaN);
    world.listen(...world.app().workers.flatMap(({ id, status }) => (status === 'starting' ? [id] : [])));
  }
  const { exits } = world.app();
  expect(exits.map(({ exit }) => exit.code)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(new Set(exits.map(({ slot }) => slot))).toEqual(new Set([0, 1]));
  expect(exits.at(-1)).toMatchObject({
    at: 720_000,
    revision: 'a',
    exit: { code: 11, stderr: ['error 11'], reason: 'exited with code 11' },
  });
});

test('also of a revision that was rolled back', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  world.exit(1, 'no DB', 3);
  world.exit(1, 'no DB', 4);
  expect(world.app().slots).toEqual([]);
  expect(world.app().exits).toMatchObject([
    { slot: 0, revision: 'b', worker: 3, exit: { reason: 'exited with code 1 before it listened' } },
    { slot: 0, revision: 'b', worker: 4 },
  ]);
});

test('one that took too long is told once, with its last words', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b', listenTimeout: 3_000 }));
  world.wait(3_000);
  world.exit('SIGINT', 'waiting for DB', 3);
  expect(world.app().exits).toMatchObject([
    { worker: 3, exit: { reason: 'did not listen within 3 s', stderr: ['waiting for DB'] } },
  ]);
});

test('one that was to be replaced says why, others that were asked to leave say nothing', () => {
  const world = running(spec());
  world.unfit('uses 400 MB', 1);
  world.listen(3);
  world.leave();
  world.edit(spec({ instances: 1 }));
  world.leave();
  expect(world.app().exits).toMatchObject([
    { worker: 1, exit: { code: 0, reason: 'was replaced: it uses 400 MB' } },
  ]);
});

test('two boots that run out of memory are alike, whatever they said of it', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  for (const [id, stderr] of [
    [3, 'Scavenge 19.3'],
    [4, 'Mark-Compact'],
  ] as const)
    world.exitAs('SIGABRT', stderr, { outOfMemory: 'heap' }, id);
  expect(world.app().rollout).toMatchObject({
    state: 'rolled-back',
    message: 'ran out of memory: it reached the limit of its V8 heap before it listened',
  });
});

test('who has the port that a program could not have is the reason', () => {
  const process = { mode: 'fork' } as const;
  const world = new World();
  world.edit(spec({ process, rollout: { maxSurge: 0, maxUnavailable: 1 } }));
  const exit = { code: 1, signal: null, stderr: [], spawnError: null, taken: 'port 80 is taken by web:0' };
  world.note({ type: 'exited', at: world.now, app: 'web', id: 2, exit });
  expect(world.app().slots[0]?.exit.reason).toBe(
    'exited with code 1 before it was ready: port 80 is taken by web:0',
  );
});
