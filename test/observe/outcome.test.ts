/** Whoever waits is told how it ended, sooner or later, whatever the workers do. */
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/model/control.ts';
import { outcome, outcomeBy } from '../../src/observe/report/converged.ts';
import { spec } from '../plan/build.ts';
import { running, type World } from '../plan/world.ts';

const told = (world: World, since = 0): Outcome | null =>
  outcome(world.desired, world.observed, world.now, since);

test('what was asked for by hand is told, and is no failure', () => {
  const byHand = 'is stopped by hand; `cluster-up start web` starts it';
  const world = running(spec());
  world.edit(spec({ instances: 0, byHand }));
  world.leave();
  expect(told(world)).toEqual({
    converged: true,
    problems: [],
    byHand: [{ app: 'web', message: byHand }],
  });
});

describe('a stable app', () => {
  test('a worker that is to be replaced is none that it is to have', () => {
    const world = running(spec());
    expect(told(world)).toEqual({ converged: true, problems: [] });
    world.unfit('needs 300 MB', world.observed.apps[0]?.workers[0]?.id ?? -1);
    expect(told(world)).toBeNull();
  });

  test('one crash is waited for: its restart is immediate', () => {
    const world = running(spec());
    world.exit(1, 'oops', 2);
    expect(told(world)).toBeNull();
    world.listen(3);
    expect(told(world)).toEqual({ converged: true, problems: [] });
  });

  test('a slot whose workers crash again and again is told, with the reason', () => {
    const world = running(spec());
    world.exit(1, 'oops', 2);
    world.exit(1, 'oops again', 3);
    expect(told(world)).toEqual({
      converged: false,
      problems: [
        {
          app: 'web',
          message:
            'slot 1 crashes again and again: it exited with code 1 before it listened; it goes on being tried, with growing delays',
          stderr: ['oops again'],
        },
      ],
    });
  });

  test('once it serves after all, nothing is said any more', () => {
    const world = running(spec());
    world.exit(1, '', 2);
    world.exit(1, '', 3);
    world.wait(100);
    world.listen(4);
    expect(told(world)).toEqual({ converged: true, problems: [] });
  });

  test('workers that end each time before they count as available are waited for until the deadline', () => {
    const minReady = { ...spec().rollout, minReady: 5_000 };
    const world = running(spec());
    world.edit(spec({ rollout: minReady }));
    world.wait(10_000);
    const since = world.now;
    world.exit(1, '', 2);
    world.listen(3);
    let id = 3;
    while (world.now < outcomeBy(world.observed, since)) {
      expect(told(world, since)).toBeNull();
      world.exit(1, '', id);
      id = Math.max(...world.app().workers.map((worker) => worker.id));
      world.listen(id);
      // Longer than `min_uptime`, so no unstable exit; shorter than `min_ready`.
      world.wait(3_000);
    }
    expect(world.now - since).toBeLessThan(minReady.deadline + 6_000);
    const [problem] = told(world, since)?.problems ?? [];
    expect(problem?.message).toBe(
      'slot 1 is not available: its last worker exited with code 1, 3 s after it was ready',
    );
  });
});

test('back at its stable revision, a slot that crashes there too ends the wait', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  world.exit(1, '', 3);
  world.exit(1, '', 4);
  expect(world.app().rollout?.state).toBe('rolled-back');
  world.exit(1, '', 2);
  expect(told(world)).toBeNull();
  world.exit(1, '', Math.max(...world.app().workers.map(({ id }) => id)));
  expect(told(world)?.problems[0]?.message).toMatch(/^b was rolled back/);
});

test('an app that left the file and does not end is told of after its time', () => {
  const world = running(spec());
  const since = world.now;
  world.edit();
  expect(told(world, since)).toBeNull();
  world.wait(outcomeBy(world.observed, since) - world.now);
  expect(told(world, since)?.problems).toEqual([
    { app: 'web', message: 'left the file, and 2 workers of it did not end', stderr: [] },
  ]);
});
