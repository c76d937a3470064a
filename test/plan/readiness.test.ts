import { expect, test } from 'vitest';
import type { Ready } from '../../src/model/spec.ts';
import { type AppOptions, spec } from './build.ts';
import { World } from './world.ts';

/** Which of the three signs alone makes a first worker ready. */
function signs(options: AppOptions): string[] {
  return (['listening', 'message', 'alive'] as const).filter((sign) => {
    const world = new World();
    world.edit(spec({ instances: 1, ...options }));
    if (sign === 'listening') world.listen(1);
    else world.say(sign, 1);
    return world.workers() === '0:a#1 online';
  });
}

test.each<[Ready, AppOptions, string[]]>([
  ['listening', {}, ['listening']],
  ['message', {}, ['message']],
  ['started', {}, ['alive']],
  ['auto', { namesPort: true }, ['listening']],
  ['auto', { namesPort: false }, ['listening', 'alive']],
])('in cluster mode, ready: %s with %o', (ready, options, expected) => {
  expect(signs({ ready, ...options })).toEqual(expected);
});

test.each<[Ready, string[]]>([
  ['listening', ['alive']],
  ['message', ['message']],
  ['started', ['alive']],
  ['auto', ['message', 'alive']],
])('in fork mode, ready: %s', (ready, expected) => {
  expect(signs({ ready, process: { mode: 'fork' } })).toEqual(expected);
});

test('what the stable revision did is expected of the next one', () => {
  const world = new World();
  const app = { instances: 1, namesPort: false };
  world.edit(spec(app));
  world.say('alive', 1);
  world.listen(1);
  world.edit(spec({ ...app, revision: 'b' }));
  world.say('alive', 2);
  expect(world.workers()).toBe('0:a#1 online, 0:b#2 starting');
  expect(world.wait(60_000)).toMatchInlineSnapshot(`
    "web: stop worker 2 — did not listen within 60 s
    web: fail b, rolled-back — did not listen within 60 s — if it is not meant to listen, set ready: started
    wake up at 61600"
  `);
});

test('the stable revision is judged by its own spec when it is restored', () => {
  const world = new World();
  world.edit(spec({ instances: 1 }));
  world.listen(1);
  world.edit(spec({ instances: 1, revision: 'b', ready: 'message' }));
  world.exit('SIGKILL', '', 1);
  world.listen(3);
  expect(world.workers()).toBe('0:b#2 starting, 0:a#3 online');
});
