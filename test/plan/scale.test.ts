import { expect, test } from 'vitest';
import { desire, spec } from './build.ts';
import { running, World } from './world.ts';

test('2 → 5 → 3: survivors are left alone, the highest slot goes first', () => {
  const world = running(spec());
  expect(world.edit(spec({ instances: 5 }))).toMatchInlineSnapshot(`
    "web: start a in slot 2 — instances is 5 (line 4)
    web: start a in slot 3 — instances is 5 (line 4)
    web: start a in slot 4 — instances is 5 (line 4)
    wake up at 60000"
  `);
  expect(world.listen(3, 4, 5)).toMatchInlineSnapshot(`
    "web: ready worker 3 — listens
    web: ready worker 4 — listens
    web: ready worker 5 — listens
    no wake-up"
  `);
  expect(world.edit(spec({ instances: 3 }))).toMatchInlineSnapshot(`
    "web: drain worker 5 — instances is 3 (line 4)
    web: drain worker 4 — instances is 3 (line 4)
    wake up at 10000"
  `);
  world.leave();
  expect(world.workers()).toBe('0:a#1 online, 1:a#2 online, 2:a#3 online');
});

test('scaling down keeps a surplus worker for as long as it is needed', () => {
  const world = running(spec({ instances: 3 }));
  world.exit('SIGKILL', '', 1);
  expect(world.edit(spec({ instances: 2 }))).toMatchInlineSnapshot(`"wake up at 60000"`);
  expect(world.listen(4)).toMatchInlineSnapshot(`
    "web: ready worker 4 — listens
    web: drain worker 3 — instances is 2 (line 4)
    wake up at 10000"
  `);
});

test('zero instances', () => {
  const world = running(spec());
  expect(world.edit(spec({ instances: 0 }))).toMatchInlineSnapshot(`
    "web: drain worker 2 — instances is 0 (line 4)
    web: drain worker 1 — instances is 0 (line 4)
    wake up at 10000"
  `);
  world.leave();
  expect(world.edit(spec({ instances: 1 }))).toMatchInlineSnapshot(`
    "web: start a in slot 0 — instances is 1 (line 4)
    wake up at 60000"
  `);
});

test('a removed app drains and is gone', () => {
  const world = running(spec(), spec({ name: 'old', instances: 1 }));
  expect(world.edit(spec())).toMatchInlineSnapshot(`
    "old: drain worker 3 — no longer in the file
    wake up at 10000"
  `);
  expect(world.leave()).toMatchInlineSnapshot(`
    "old: remove — no longer in the file
    no wake-up"
  `);
});

test('what a gone app had is kept until one that arrives is there', () => {
  const on = (port: number): { process: { env: Record<string, string> } } => ({
    process: { env: { PORT: String(port) } },
  });
  const world = running(spec({ name: 'old', instances: 1, ...on(8080) }));
  expect(world.edit(spec({ name: 'new', instances: 1, ...on(9090) }))).toMatchInlineSnapshot(`
    "new: begin a — new app
    new: start a in slot 0 — new app
    old: drain worker 1 — no longer in the file
    wake up at 10000"
  `);
  expect(world.leave()).toMatchInlineSnapshot(`"wake up at 60000"`);
  expect(world.listen(2)).toMatchInlineSnapshot(`
    "new: ready worker 2 — listens
    new: complete a — 1 worker available
    old: remove — no longer in the file
    no wake-up"
  `);
});

test('an ecosystem without apps shuts down', () => {
  const world = running(spec());
  expect(world.edit()).toMatchInlineSnapshot(`
    "web: drain worker 1 — no longer in the file
    web: drain worker 2 — no longer in the file
    wake up at 10000"
  `);
  world.leave();
  expect(world.observed).toEqual({ apps: [] });
});

test('an app that comes back while it leaves starts beside its old workers', () => {
  const world = running(spec({ instances: 1 }));
  world.edit();
  expect(world.edit(spec({ instances: 1 }))).toMatchInlineSnapshot(`
    "web: start a in slot 0 — instances is 1 (line 4)
    wake up at 10000"
  `);
});

test('nothing wanted, nothing there', () => {
  const world = new World();
  world.desired = desire();
  expect(world.settle()).toBe('no wake-up');
});

test('a revision that completed without workers has shown nothing: its first workers begin its rollout', () => {
  const world = running(spec());
  world.edit(spec({ instances: 0 }));
  world.leave();
  expect(world.edit(spec({ instances: 0, revision: 'b' }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: complete b — 0 workers available
    no wake-up"
  `);
  expect(world.app()).toMatchObject({ stable: { revision: 'a' }, rollout: { state: 'complete', to: 'b' } });
  expect(world.edit(spec({ revision: 'b' }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    web: start b in slot 1 — env.VERSION changed (line 8)
    wake up at 60000"
  `);
  world.exit(1, '', 3);
  expect(world.exit(1, '', 4)).toContain('fail b, rolled-back — exited with code 1 before it listened');
});
