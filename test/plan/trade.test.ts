/** Two apps that trade ports in one edit: both succeed, or neither does. */
import { expect, test } from 'vitest';
import type { AppSpec } from '../../src/model/spec.ts';
import { needs } from '../../src/observe/facts/trade.ts';
import { spec, type AppOptions } from './build.ts';
import { running, type World } from './world.ts';

const on = (name: string, revision: string, port: number, options: AppOptions = {}): AppSpec =>
  spec({
    name,
    revision,
    instances: 1,
    ...options,
    process: { env: { PORT: String(port) }, ...options.process },
  });

/** Workers 1 and 2 have been there before; 3 and 4 wait for what those have, and 1 and 2 have let go of it. */
function trading(options: AppOptions = {}): World {
  const world = running(on('left', 'a', 1), on('right', 'a', 2));
  world.edit(on('left', 'b', 2, options), on('right', 'b', 1));
  waits(world, 'left', 3, 'right');
  waits(world, 'right', 4, 'left');
  world.leave();
  return world;
}

function waits(world: World, app: string, id: number, other: string): void {
  world.note({ type: 'blocked', at: world.now, app, id, on: `the port of ${other}`, trades: [other] });
}

const ways = (world: World): unknown[] => ['left', 'right'].map((name) => world.app(name).rollout?.state);

test('neither is complete before both can be', () => {
  const world = trading();
  expect(world.listen(3)).toBe('left: ready worker 3 — listens\nwake up at 60000');
  expect(ways(world)).toEqual(['progressing', 'progressing']);
  expect(world.listen(4)).toContain('left: complete b');
  expect(ways(world)).toEqual(['complete', 'complete']);
});

test('one that serves already gives the address back if the other one fails', () => {
  const world = trading();
  world.listen(3);
  world.exit(1, 'Error: no', 4);
  expect(world.exit(1, 'Error: no', 5)).toMatchInlineSnapshot(`
    "right: fail b, rolled-back — exited with code 1 before it listened
    right: start a in slot 0 — b was rolled back: it exited with code 1 before it listened
    left: fail b, rolled-back — has to give right its address back, as that exited with code 1 before it listened
    left: start a in slot 0 — b was rolled back: it has to give right its address back, as that exited with code 1 before it listened
    wake up at 60000"
  `);
});

test('an edit of one of them ends nothing of that', () => {
  const world = trading();
  world.edit(on('left', 'c', 2), on('right', 'b', 1));
  world.leave();
  world.listen(...world.app('left').workers.map(({ id }) => id));
  expect(ways(world)).toEqual(['progressing', 'progressing']);
});

test('one that left the file is not waited for', () => {
  const world = trading();
  world.edit(on('left', 'b', 2));
  world.listen(3);
  expect(world.app('left').rollout?.state).toBe('complete');
});

test('an app needs what it trades, what has the port of its program, and what it waits for', () => {
  const world = trading();
  expect(needs('left', world.observed, world.now)).toEqual(['right']);
  const program = { process: { mode: 'fork' as const, env: { PORT: '2' } } };
  world.edit(on('left', 'b', 2), on('right', 'b', 1), on('third', 'a', 2, program));
  world.listen(3);
  expect(needs('third', world.observed, world.now)).toContain('left');
  world.edit(
    on('left', 'b', 2),
    on('right', 'b', 1),
    on('last', 'a', 9, { dependsOn: [{ app: 'right', until: 'ready' }] }),
  );
  expect(needs('last', world.observed, world.now)).toEqual(['right']);
});
