/** Revisions that cannot run side by side. */
import { expect, test } from 'vitest';
import type { WorkerEvent } from '../../src/model/worker-event.ts';
import { spec, type AppOptions } from './build.ts';
import { running, World } from './world.ts';

const surgeless = { maxSurge: 0, maxUnavailable: 1 };

function forked(options: AppOptions = {}): ReturnType<typeof spec> {
  return spec({ rollout: surgeless, ...options, process: { mode: 'fork', ...options.process } });
}

/** The worker waits for an address that earlier ones have open. */
function blocked(world: World, id: number, on = 'port 8080'): string {
  const event: WorkerEvent = { type: 'blocked', at: world.now, app: 'web', id, on, trades: [] };
  return world.note(event);
}

/** A fork app that has been up for a while. */
function runningForked(options: AppOptions = {}): World {
  const world = new World();
  world.edit(forked(options));
  world.now = 1_000;
  world.say('alive', ...world.app().workers.map(({ id }) => id));
  return world;
}

test('in fork mode the next process of a slot waits until the one before has ended', () => {
  const world = runningForked({ instances: 1 });
  expect(world.edit(forked({ instances: 1, revision: 'b' }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: stop worker 1 — env.VERSION changed (line 8)
    wake up at 2600"
  `);
  expect(world.say('drained', 1)).toMatchInlineSnapshot(`"wake up at 2600"`);
  // However long that takes.
  expect(world.wait(1_600)).toMatchInlineSnapshot(`
    "web: kill worker 1 — did not end within 1.6 s
    wake up at 61000"
  `);
  expect(world.leave()).toMatchInlineSnapshot(`
    "web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 62600"
  `);
  world.now += 1_000;
  expect(world.say('alive', 2)).toMatchInlineSnapshot(`
    "web: ready worker 2 — is alive
    web: complete b — 1 worker available
    no wake-up"
  `);
});

test('with surge, a process in fork mode runs beside the one before', () => {
  const rollout = { maxSurge: 1, maxUnavailable: 0 };
  const world = runningForked({ instances: 1, rollout });
  expect(world.edit(forked({ instances: 1, revision: 'b', rollout }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 61000"
  `);
});

test('from cluster mode to fork: all workers that listen have ended before the program starts', () => {
  const world = running(spec());
  expect(world.edit(forked({ revision: 'b', instances: 1 }))).toMatchInlineSnapshot(`
    "web: begin b from a — exec_mode changed, env.VERSION changed (line 8)
    web: drain worker 1 — fork mode cannot share a port with cluster mode
    web: drain worker 2 — fork mode cannot share a port with cluster mode
    wake up at 10000"
  `);
  expect(world.say('drained', 1, 2)).toMatchInlineSnapshot(`
    "web: stop worker 1 — drained
    web: stop worker 2 — drained
    wake up at 1600"
  `);
  expect(world.exit(0, '', 1)).toMatchInlineSnapshot(`"wake up at 1600"`);
  expect(world.exit(0, '', 2)).toMatchInlineSnapshot(`
    "web: start b in slot 0 — exec_mode changed, env.VERSION changed (line 8)
    wake up at 60000"
  `);
});

test('back again if it fails: the workers in cluster mode wait until it has let go', () => {
  const world = running(spec());
  world.edit(forked({ revision: 'b' }));
  world.say('drained', 1, 2);
  world.leave();
  world.now += 1_000;
  world.say('alive', 3);
  expect(world.exit(1, 'Error: no', 4)).toMatchInlineSnapshot(`
    "web: start b in slot 1 — exited with code 1 before it was ready
    wake up at 61000"
  `);
  expect(world.exit(1, 'Error: no', 5)).toMatchInlineSnapshot(`
    "web: fail b, rolled-back — exited with code 1 before it was ready
    web: start a in slot 1 — b was rolled back: it exited with code 1 before it was ready
    wake up at 61000"
  `);
  expect(blocked(world, 6)).toMatchInlineSnapshot(`
    "web: stop worker 3 — worker 6 waits for port 8080
    web: start a in slot 0 — b was rolled back: it exited with code 1 before it was ready
    wake up at 2600"
  `);
  world.leave();
  expect(world.listen(6, 7)).toMatchInlineSnapshot(`
    "web: ready worker 6 — listens
    web: ready worker 7 — listens
    no wake-up"
  `);
});

test('from cluster mode to fork, an app that does not listen is replaced as max_unavailable says', () => {
  const world = new World();
  world.edit(spec({ namesPort: false }));
  world.now = 1_000;
  world.say('alive', 1, 2);
  expect(world.edit(forked({ revision: 'b', namesPort: false }))).toMatchInlineSnapshot(`
    "web: begin b from a — exec_mode changed, env.VERSION changed (line 8)
    web: stop worker 1 — exec_mode changed, env.VERSION changed (line 8)
    web: start b in slot 0 — exec_mode changed, env.VERSION changed (line 8)
    wake up at 2600"
  `);
});

test('once a worker waits for an address that earlier ones have, all of those leave', () => {
  const world = running(spec({ instances: 3 }));
  world.edit(spec({ instances: 3, revision: 'b' }));
  expect(blocked(world, 4)).toMatchInlineSnapshot(`
    "web: drain worker 1 — worker 4 waits for port 8080
    web: drain worker 2 — worker 4 waits for port 8080
    web: drain worker 3 — worker 4 waits for port 8080
    web: start b in slot 1 — env.VERSION changed (line 8)
    web: start b in slot 2 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
  // It has the address now, and the slots of the others fill up beside it.
  expect(world.listen(4)).toMatchInlineSnapshot(`
    "web: ready worker 4 — listens
    wake up at 10000"
  `);
  expect(world.listen(5, 6)).toMatchInlineSnapshot(`
    "web: ready worker 5 — listens
    web: ready worker 6 — listens
    web: complete b — 3 workers available
    wake up at 10000"
  `);
});

test('the earlier revision is not brought back into the way of the one that has taken its address', () => {
  const rollout = { minReady: 500 };
  const world = running(spec({ rollout }));
  world.now = 500;
  world.settle();
  world.edit(spec({ revision: 'b', rollout }));
  blocked(world, 3);
  world.leave();
  world.listen(3);
  expect(world.workers()).toBe('0:b#3 online, 1:b#4 starting');
});

test('if it fails then, the earlier revision takes its address back', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  blocked(world, 3);
  world.leave();
  expect(world.exit(1, 'Error: no', 3, 4)).toMatchInlineSnapshot(`
    "web: fail b, rolled-back — exited with code 1 before it listened
    web: start a in slot 0 — b was rolled back: it exited with code 1 before it listened
    web: start a in slot 1 — b was rolled back: it exited with code 1 before it listened
    wake up at 60000"
  `);
});

test('a canary that waits for the address of the others is none any more', () => {
  const rollout = { canary: 1, canaryPause: 5_000 };
  const world = running(spec({ rollout }));
  world.edit(spec({ revision: 'b', rollout }));
  expect(blocked(world, 3)).toMatchInlineSnapshot(`
    "web: drain worker 1 — worker 3 waits for port 8080
    web: drain worker 2 — worker 3 waits for port 8080
    web: start b in slot 1 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
});

test('a worker that waits in vain is overdue like any other', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b', listenTimeout: 3_000 }));
  blocked(world, 3);
  expect(world.wait(3_000)).toMatchInlineSnapshot(`
    "web: stop worker 3 — did not listen within 3 s
    web: stop worker 4 — did not listen within 3 s
    web: fail b, rolled-back — did not listen within 3 s — if it is not meant to listen, set ready: started
    web: start a in slot 0 — b was rolled back: it did not listen within 3 s — if it is not meant to listen, set ready: started
    web: start a in slot 1 — b was rolled back: it did not listen within 3 s — if it is not meant to listen, set ready: started
    wake up at 4600"
  `);
});

test('a short deadline does not run while a program waits for workers that drain', () => {
  const world = running(spec());
  const rollout = { ...surgeless, deadline: 2_000 };
  world.edit(forked({ revision: 'b', rollout }));
  expect(world.wait(5_000)).toMatchInlineSnapshot(`"wake up at 10000"`);
  expect(world.say('drained', 1, 2)).toMatchInlineSnapshot(`
    "web: stop worker 1 — drained
    web: stop worker 2 — drained
    wake up at 6600"
  `);
  expect(world.leave()).toMatchInlineSnapshot(`
    "web: start b in slot 0 — exec_mode changed, env.VERSION changed (line 8)
    web: start b in slot 1 — exec_mode changed, env.VERSION changed (line 8)
    wake up at 7000"
  `);
});
