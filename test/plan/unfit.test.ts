/** A worker that serves but is to be replaced: by one of its revision, within the limits of the rollout. */
import { expect, test } from 'vitest';
import { spec } from './build.ts';
import { running, type World } from './world.ts';

const CAUSE = 'uses 400 MiB';
/** Longer than `min_uptime`, in ms. */
const STABLE = 20_000;

test('its successor is ready before it drains, and nobody else is touched', () => {
  const world = running(spec());
  expect(world.unfit(CAUSE, 1)).toMatchInlineSnapshot(`
    "web: start a in slot 0 — uses 400 MiB
    wake up at 60000"
  `);
  expect(world.listen(3)).toMatchInlineSnapshot(`
    "web: ready worker 3 — listens
    web: drain worker 1 — replaced by worker 3
    wake up at 10000"
  `);
  world.leave();
  expect(world.workers()).toBe('1:a#2 online, 0:a#3 online');
});

test('without surge it gives way first, one at a time', () => {
  const world = running(spec({ rollout: { maxSurge: 0, maxUnavailable: 1 } }));
  expect(world.unfit(CAUSE, 1, 2)).toMatchInlineSnapshot(`
    "web: drain worker 1 — uses 400 MiB
    web: start a in slot 0 — uses 400 MiB
    wake up at 10000"
  `);
  expect(world.listen(3)).toMatchInlineSnapshot(`
    "web: ready worker 3 — listens
    web: drain worker 2 — uses 400 MiB
    web: start a in slot 1 — uses 400 MiB
    wake up at 10000"
  `);
});

test('with both, it still serves until its successor does', () => {
  const world = running(spec({ rollout: { maxSurge: 1, maxUnavailable: 1 } }));
  world.unfit(CAUSE, 1);
  expect(world.workers()).toBe('0:a#1 online, 1:a#2 online, 0:a#3 starting');
});

test('a successor that does not get ready costs nothing', () => {
  const world = running(spec({ restart: { backoff: 100 } }));
  world.wait(STABLE);
  world.unfit(CAUSE, 1);
  world.exit(1, 'no', 3);
  expect(world.workers()).toBe('0:a#1 online, 1:a#2 online, 0:a#4 starting');
  world.exit(1, 'no', 4);
  expect(world.workers()).toBe('0:a#1 online, 1:a#2 online');
  expect(world.app().rollout?.state).toBe('complete');
});

test('soon after it was ready again and again: replaced with growing delays, while it serves', () => {
  const world = running(spec({ restart: { backoff: 10_000 } }));
  const workers = (): string => workersOf(world);
  world.unfit(CAUSE, 1);
  expect(workers()).toBe('0:a#1 online, 1:a#2 online, 0:a#3 starting');
  world.listen(3);
  world.leave();
  world.unfit(CAUSE, 3);
  // The second one waits.
  expect(workers()).toBe('1:a#2 online, 0:a#3 online');
  world.wait(10_000);
  expect(workers()).toBe('1:a#2 online, 0:a#3 online, 0:a#4 starting');
  world.listen(4);
  world.leave();
  world.unfit(CAUSE, 4);
  world.wait(14_000);
  expect(workers()).toBe('1:a#2 online, 0:a#4 online');
  world.wait(6000);
  expect(workers()).toBe('1:a#2 online, 0:a#4 online, 0:a#5 starting');
  expect(world.app().slots).toMatchObject([{ slot: 0, failures: 3, restarts: 3, exit: { reason: CAUSE } }]);
  // One that stays fit for a while is forgiven.
  world.listen(5);
  world.leave();
  world.wait(STABLE);
  world.exit(1, '', 5);
  expect(world.app().slots).toMatchObject([{ failures: 0 }]);
});

test('its end while its successor waits is not counted again', () => {
  const world = running(spec({ restart: { backoff: 10_000 } }));
  world.unfit(CAUSE, 1);
  world.listen(3);
  world.leave();
  world.unfit(CAUSE, 3);
  world.wait(5000);
  world.exit(1, '', 3);
  expect(world.app().slots).toMatchObject([{ failures: 2, restarts: 2 }]);
});

test('max_restarts: given up, it serves on', () => {
  const world = running(spec({ restart: { maxRestarts: 2 } }));
  world.unfit(CAUSE, 1);
  world.listen(3);
  world.leave();
  world.unfit(CAUSE, 3);
  expect(world.wait(1_000_000)).not.toContain('start');
  expect(workersOf(world)).toBe('1:a#2 online, 0:a#3 online');
});

test('while it boots: it is stopped, which is a boot that has failed', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  expect(world.unfit('sends too much', 3)).toContain('web: stop worker 3 — sends too much');
  world.exit('SIGTERM', '', 3);
  world.unfit('sends too much', 4);
  expect(world.app().rollout).toMatchObject({ state: 'rolled-back', message: 'sends too much' });
});

test('while a rollout is under way, that comes first', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  world.listen(3);
  world.unfit(CAUSE, 3);
  expect(workersOf(world)).toBe('1:a#2 online, 0:b#3 online, 1:b#4 starting');
  world.listen(4);
  expect(world.app().rollout?.state).toBe('complete');
  expect(workersOf(world)).toBe('0:b#3 online, 1:b#4 online, 0:b#5 starting');
});

test('who leaves already, or has not begun to serve, is not unfit', () => {
  const world = running(spec());
  world.edit(spec({ instances: 1 }));
  expect(world.unfit(CAUSE, 2)).toBe('wake up at 10000');
});

/** But for those that leave. */
function workersOf(world: World): string {
  return world
    .workers()
    .split(', ')
    .filter((worker) => !worker.endsWith('draining'))
    .join(', ');
}
