import { expect, test } from 'vitest';
import { spec } from './build.ts';
import { running, World } from './world.ts';

const none = spec({ instances: 0 });

test('drain, stop, kill, each by its time', () => {
  const world = running(spec({ instances: 1 }));
  expect(world.edit(none)).toMatchInlineSnapshot(`
    "web: drain worker 1 — instances is 0 (line 4)
    wake up at 10000"
  `);
  expect(world.wait(9_999)).toBe('wake up at 10000');
  expect(world.wait(1)).toMatchInlineSnapshot(`
    "web: stop worker 1 — did not drain within 10 s
    wake up at 11600"
  `);
  expect(world.wait(1_600)).toMatchInlineSnapshot(`
    "web: kill worker 1 — did not end within 1.6 s
    no wake-up"
  `);
  expect(world.wait(1)).toBe('no wake-up');
});

test('one with nothing in flight is stopped at once', () => {
  const world = running(spec({ instances: 1 }));
  world.edit(none);
  world.now = 50;
  expect(world.say('drained', 1)).toMatchInlineSnapshot(`
    "web: stop worker 1 — drained
    wake up at 1650"
  `);
});

test('one that never listened has nothing to drain', () => {
  const world = new World();
  world.edit(spec({ instances: 1, process: { mode: 'fork' }, namesPort: false }));
  world.say('alive', 1);
  expect(world.edit(none)).toMatchInlineSnapshot(`
    "web: stop worker 1 — instances is 0 (line 4)
    wake up at 1600"
  `);
});

test('the exit of one that was asked to leave is no failure', () => {
  const world = running(spec({ instances: 2 }));
  world.edit(spec({ instances: 1 }));
  world.exit(1, '', 2);
  expect(world.app().slots).toEqual([]);
});
