import { expect, test } from 'vitest';
import { spec } from './build.ts';
import { running, World } from './world.ts';

test('a new app starts all its workers at once', () => {
  const world = new World();
  expect(world.edit(spec())).toMatchInlineSnapshot(`
    "web: begin a — new app
    web: start a in slot 0 — new app
    web: start a in slot 1 — new app
    wake up at 60000"
  `);
  world.now = 300;
  expect(world.listen(2)).toMatchInlineSnapshot(`
    "web: ready worker 2 — listens
    wake up at 60000"
  `);
  expect(world.listen(1)).toMatchInlineSnapshot(`
    "web: ready worker 1 — listens
    web: complete a — 2 workers available
    no wake-up"
  `);
});

test('with surge, a new worker is ready before the old one of its slot drains', () => {
  const world = running(spec());
  expect(world.edit(spec({ revision: 'b' }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 60000"
  `);
  expect(world.listen(3)).toMatchInlineSnapshot(`
    "web: ready worker 3 — listens
    web: drain worker 1 — replaced by worker 3
    web: start b in slot 1 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
  expect(world.listen(4)).toMatchInlineSnapshot(`
    "web: ready worker 4 — listens
    web: drain worker 2 — replaced by worker 4
    web: complete b — 2 workers available
    wake up at 10000"
  `);
  world.leave();
  expect(world.workers()).toBe('0:b#3 online, 1:b#4 online');
});

test('without surge, the old worker leaves its slot first', () => {
  const rollout = { maxSurge: 0, maxUnavailable: 1 };
  const world = running(spec({ rollout }));
  expect(world.edit(spec({ revision: 'b', rollout }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: drain worker 1 — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
  expect(world.listen(3)).toMatchInlineSnapshot(`
    "web: ready worker 3 — listens
    web: drain worker 2 — env.VERSION changed (line 8)
    web: start b in slot 1 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
  expect(world.listen(4)).toMatchInlineSnapshot(`
    "web: ready worker 4 — listens
    web: complete b — 2 workers available
    wake up at 10000"
  `);
});

test('with both, surge proves the revision before max_unavailable speeds it up', () => {
  const rollout = { maxSurge: 1, maxUnavailable: 1 };
  const world = running(spec({ instances: 4, rollout }));
  expect(world.edit(spec({ instances: 4, revision: 'b', rollout }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 60000"
  `);
  expect(world.listen(5)).toMatchInlineSnapshot(`
    "web: ready worker 5 — listens
    web: drain worker 1 — replaced by worker 5
    web: drain worker 2 — env.VERSION changed (line 8)
    web: start b in slot 1 — env.VERSION changed (line 8)
    web: start b in slot 2 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
});

test('a worker is available only after min_ready', () => {
  const rollout = { minReady: 5_000 };
  const world = running(spec({ instances: 1, rollout }));
  world.wait(5_000);
  world.edit(spec({ instances: 1, revision: 'b', rollout }));
  expect(world.listen(2)).toMatchInlineSnapshot(`
    "web: ready worker 2 — listens
    wake up at 10000"
  `);
  expect(world.wait(5_000)).toMatchInlineSnapshot(`
    "web: drain worker 1 — replaced by worker 2
    web: complete b — 1 worker available
    wake up at 20000"
  `);
});

test('the same file again does nothing', () => {
  const world = running(spec());
  expect(world.edit(spec())).toBe('no wake-up');
});

test('a live field takes effect without a step', () => {
  const world = running(spec());
  expect(world.edit(spec({ stop: { drainTimeout: 99 } }))).toBe('no wake-up');
  expect(world.edit(spec({ instances: 1, stop: { drainTimeout: 99 } }))).toMatchInlineSnapshot(`
    "web: drain worker 2 — instances is 1 (line 4)
    wake up at 99"
  `);
});

test('the latest edit wins over a rollout under way', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  world.listen(3);
  expect(world.workers()).toBe('0:a#1 draining, 1:a#2 online, 0:b#3 online, 1:b#4 starting');
  expect(world.edit(spec({ revision: 'c' }))).toMatchInlineSnapshot(`
    "web: begin c from a — env.VERSION changed (line 8)
    web: stop worker 4 — superseded by c
    web: start c in slot 0 — env.VERSION changed (line 8)
    wake up at 1600"
  `);
  world.leave();
  expect(world.listen(5)).toMatchInlineSnapshot(`
    "web: ready worker 5 — listens
    web: drain worker 3 — replaced by worker 5
    web: start c in slot 1 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
  expect(world.listen(6)).toMatchInlineSnapshot(`
    "web: ready worker 6 — listens
    web: drain worker 2 — replaced by worker 6
    web: complete c — 2 workers available
    wake up at 10000"
  `);
});

test('a revert in the middle goes back without touching old workers that are left', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  world.listen(3);
  expect(world.edit(spec())).toMatchInlineSnapshot(`
    "web: begin a from a — back to the stable revision
    web: stop worker 4 — superseded by a
    web: start a in slot 0 — back to the stable revision
    wake up at 1600"
  `);
  expect(world.listen(5)).toMatchInlineSnapshot(`
    "web: ready worker 5 — listens
    web: drain worker 3 — replaced by worker 5
    web: complete a — 2 workers available
    wake up at 1600"
  `);
});

test('a scale-up together with a new revision fills the new slots with the new revision', () => {
  const world = running(spec());
  expect(world.edit(spec({ instances: 4, revision: 'b' }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: start b in slot 2 — env.VERSION changed (line 8)
    web: start b in slot 3 — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 60000"
  `);
});

test('a second app does not wait for the first', () => {
  const world = running(spec(), spec({ name: 'api' }));
  const [web, api] = [spec({ revision: 'b' }), spec({ name: 'api', revision: 'b' })];
  expect(world.edit(web, api)).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    api: begin b from a — env.VERSION changed (line 8)
    api: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 60000"
  `);
});

test('of two old workers in one slot, the stable one stays', () => {
  const rollout = { minReady: 5_000 };
  const app = { instances: 1, rollout };
  const world = running(spec(app));
  world.wait(5_000);
  world.edit(spec({ ...app, revision: 'b' }));
  world.listen(2);
  world.now += 5_000;
  expect(world.edit(spec({ ...app, revision: 'c' }))).toMatchInlineSnapshot(`
    "web: begin c from a — env.VERSION changed (line 8)
    web: drain worker 2 — replaced by worker 1
    web: start c in slot 0 — env.VERSION changed (line 8)
    wake up at 20000"
  `);
});
