import { expect, test } from 'vitest';
import { restartDelay } from '../../src/plan/restart.ts';
import { spec } from './build.ts';
import { running, World } from './world.ts';

const one = spec({ instances: 1 });

test('the first restart is immediate, later ones wait twice as long each time', () => {
  const { restart } = one;
  const delays = Array.from({ length: 12 }, (_, i) => restartDelay(restart, i + 1));
  expect(delays).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test('a crash loop on a virtual clock', () => {
  const world = running(one);
  expect(world.exit(1, '', 1)).toMatchInlineSnapshot(`
    "web: start a in slot 0 — exited with code 1, 0 ms after it was ready
    wake up at 60000"
  `);
  expect(world.exit(1, '', 2)).toMatchInlineSnapshot(`"wake up at 100"`);
  expect(world.wait(99)).toBe('wake up at 100');
  expect(world.wait(1)).toMatchInlineSnapshot(`
    "web: start a in slot 0 — exited with code 1 before it listened
    wake up at 60100"
  `);
  expect(world.exit(1, '', 3)).toMatchInlineSnapshot(`"wake up at 300"`);
});

test('a run of min_uptime makes the next restart immediate again', () => {
  const world = running(one);
  world.exit(1, '', 1);
  world.exit(1, '', 2);
  world.wait(100);
  world.listen(3);
  world.now += 1_000;
  expect(world.exit(1, '', 3)).toMatchInlineSnapshot(`
    "web: start a in slot 0 — exited with code 1
    wake up at 61100"
  `);
  expect(world.app().slots).toMatchObject([{ failures: 0, restarts: 3 }]);
});

test('restart_delay replaces the backoff', () => {
  const world = running(spec({ instances: 1, restart: { delay: 4_000 } }));
  expect(world.exit(1, '', 1)).toMatchInlineSnapshot(`"wake up at 4000"`);
});

test('max_restarts gives the slot up until the next edit', () => {
  const world = running(spec({ restart: { maxRestarts: 2 } }));
  world.exit(1, '', 1);
  expect(world.exit(1, '', 3)).toBe('no wake-up');
  expect(world.edit(spec({ restart: { maxRestarts: 3 } }))).toMatchInlineSnapshot(`
    "web: start a in slot 0 — exited with code 1 before it listened
    wake up at 60000"
  `);
});

test('autorestart: false means done', () => {
  const world = running(spec({ restart: { auto: false } }));
  expect(world.exit(0, '', 1)).toBe('no wake-up');
  expect(world.edit(spec({ instances: 2, restart: { auto: false }, ready: 'started' }))).toBe('no wake-up');
});

test('a job that is done completes its rollout', () => {
  const world = new World();
  const job = { process: { mode: 'fork' }, restart: { auto: false }, namesPort: false } as const;
  world.edit(spec(job));
  world.exit(0, '', 1);
  expect(world.exit(0, '', 2)).toMatchInlineSnapshot(`
    "web: complete a — 2 done
    no wake-up"
  `);
  expect(world.edit(spec({ ...job, revision: 'b' }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    web: start b in slot 1 — env.VERSION changed (line 8)
    wake up at 60000"
  `);
});

test('a job that fails does not complete it', () => {
  const world = new World();
  world.edit(spec({ restart: { auto: false } }));
  expect(world.exit(3, '', 1)).toMatchInlineSnapshot(`
    "web: fail a, failed — exited with code 3 before it listened
    wake up at 60000"
  `);
});

test('one of stop_exit_codes means done, too', () => {
  const world = running(spec({ restart: { stopExitCodes: [7] } }));
  expect(world.exit(7, '', 1)).toBe('no wake-up');
});

test('one slot that crashes leaves the others alone', () => {
  const world = running(spec(), spec({ name: 'api' }));
  world.exit(1, '', 1);
  world.exit(1, '', 5);
  expect(world.workers()).toBe('1:a#2 online');
  expect(world.workers('api')).toBe('0:a#3 online, 1:a#4 online');
});
