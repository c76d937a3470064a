/** Upgraded connections while a worker drains, and the ledger of drains. */
import { expect, test } from 'vitest';
import type { DrainLedger } from '../../src/model/ledger.ts';
import { spec } from './build.ts';
import { running, World } from './world.ts';

const none = spec({ instances: 0 });

test('whoever was given a socket may listen before that is known, so it is drained, and no other', () => {
  const world = new World();
  world.edit(spec({ instances: 2 }));
  world.say('given', 1);
  const plan = world.edit(none);
  expect(plan).toMatch(/^web: drain worker 1 /m);
  expect(plan).toMatch(/^web: stop worker 2 /m);
});

test('also where it is not ready in time', () => {
  const world = new World();
  world.edit(spec({ instances: 2, listenTimeout: 5_000 }));
  world.say('given', 1);
  const plan = world.wait(5_000);
  expect(plan).toMatch(/^web: drain worker 1 .*did not listen/m);
  expect(plan).toMatch(/^web: stop worker 2 .*did not listen/m);
});

test('an app that can see to its upgraded connections is told early, and has the whole drain for it', () => {
  const world = running(spec({ instances: 1 }));
  world.edit(none);
  world.now = 100;
  expect(world.say('quiet', 1)).toMatchInlineSnapshot(`
    "web: stop worker 1 — only upgraded connections are left
    wake up at 11600"
  `);
  expect(world.wait(11_499)).toBe('wake up at 11600');
  expect(world.wait(1)).toMatch(/^web: kill worker 1/);
});

test('once they have closed, kill_timeout begins; it is not told twice', () => {
  const world = running(spec({ instances: 1 }));
  world.edit(none);
  world.say('quiet', 1);
  world.now = 3_000;
  expect(world.say('drained', 1)).toBe('wake up at 4600');
  expect(world.wait(1_600)).toMatch(/^web: kill worker 1/);
});

const ledger = (n: number): DrainLedger => ({
  inFlight: n,
  arrived: 1,
  finished: n,
  aborted: 0,
  cutOff: 1,
  closedIdle: 2,
  cut: [{ request: 'GET /', times: 1 }],
});

test('ledgers are summed per app and per rollout; the latest word of a worker counts', () => {
  const world = running(spec({ instances: 1 }));
  world.edit(spec({ instances: 1, revision: 'b' }));
  world.listen(2);
  world.account(ledger(9), 1);
  world.account(ledger(3), 1);
  world.exit(0, '', 1);
  const first = { inFlight: 3, arrived: 1, finished: 3, aborted: 0, cutOff: 1, closedIdle: 2 };
  expect(world.app().drains).toMatchObject({ total: first, rollout: first });

  world.edit(spec({ instances: 1, revision: 'c' }));
  expect(world.app().drains.rollout.inFlight).toBe(0);
  world.listen(3);
  // Nothing was heard of this one.
  world.exit('SIGKILL', '', 2);
  const { total, rollout, retired } = world.app().drains;
  expect(total).toEqual(first);
  expect(rollout.inFlight).toBe(0);
  expect(retired.map(({ id, ledger }) => [id, ledger?.inFlight ?? null])).toEqual([
    [1, 3],
    [2, null],
  ]);
});

test('a crash is no drain, and only so many of the retired are remembered', () => {
  const world = running(spec({ instances: 1 }));
  world.exit(1, '', 1);
  expect(world.app().drains.retired).toEqual([]);
  world.wait(1_000);
  world.listen(2);
  for (let i = 0; i < 20; i++) {
    world.edit(spec({ instances: 1, revision: `r${i}` }));
    world.listen(3 + i);
    world.exit(0, '', 2 + i);
  }
  expect(world.app().drains.retired).toHaveLength(16);
});
