/** The first workers of a new revision are looked at for a while before the others follow. */
import { expect, test } from 'vitest';
import { resumeAt } from '../../src/observe/facts/canary.ts';
import { isConverged, outcome } from '../../src/observe/report/converged.ts';
import { spec, type AppOptions } from './build.ts';
import { running, type World } from './world.ts';

const PAUSE = 30_000;

/** Four workers, of which the first is the canary for 30 s. */
function app({ rollout, ...options }: AppOptions = {}): ReturnType<typeof spec> {
  return spec({ instances: 4, ...options, rollout: { canary: 1, canaryPause: PAUSE, ...rollout } });
}

/** Its canary, worker 5, is available; the worker it replaced has left. */
function held(options: AppOptions = {}): World {
  const world = running(app(options));
  world.edit(app({ ...options, revision: 'b' }));
  world.listen(5);
  world.leave();
  return world;
}

test('the others wait until the canary has been available for the pause', () => {
  const world = running(app());
  expect(world.edit(app({ revision: 'b' }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 60000"
  `);
  world.now = 2_000;
  expect(world.listen(5)).toMatchInlineSnapshot(`
    "web: ready worker 5 — listens
    web: hold b — canary 1 of 4, goes on in 30 s
    web: drain worker 1 — replaced by worker 5
    wake up at 12000"
  `);
  expect(world.leave()).toBe('wake up at 32000');
  expect(world.workers()).toBe('1:a#2 online, 2:a#3 online, 3:a#4 online, 0:b#5 online');
  expect(world.wait(PAUSE - 1)).toBe('wake up at 32000');
  expect(world.wait(1)).toMatchInlineSnapshot(`
    "web: resume b — the canary held for 30 s
    web: start b in slot 1 — env.VERSION changed (line 8)
    wake up at 92000"
  `);
  for (const id of [6, 7, 8]) world.listen(id);
  world.leave();
  expect(world.workers()).toBe('0:b#5 online, 1:b#6 online, 2:b#7 online, 3:b#8 online');
  expect(world.app().rollout).toMatchObject({ state: 'complete', canary: null });
});

test('the first rollout of an app has nothing to compare a canary with', () => {
  const world = running(app());
  expect(world.app().rollout).toMatchObject({ state: 'complete', startedAt: 0 });
  expect(world.now).toBe(0);
});

test('several canaries: the pause begins with the last one', () => {
  const world = running(app({ rollout: { canary: 2 } }));
  world.edit(app({ revision: 'b', rollout: { canary: 2 } }));
  world.now = 1_000;
  world.listen(5);
  expect(resumeAt(world.app())).toBe(null);
  world.now = 3_000;
  world.listen(6);
  expect(resumeAt(world.app())).toBe(3_000 + PAUSE);
});

test('min_ready comes first, then the pause', () => {
  const rollout = { minReady: 5_000 };
  const world = running(app({ rollout }));
  world.wait(5_000);
  world.edit(app({ revision: 'b', rollout }));
  world.listen(5);
  expect(resumeAt(world.app())).toBe(null);
  world.wait(5_000);
  expect(resumeAt(world.app())).toBe(10_000 + PAUSE);
});

test('without a pause the others follow as soon as the canaries are there', () => {
  const rollout = { maxSurge: 4, canaryPause: 0 };
  const world = running(app({ rollout }));
  world.edit(app({ revision: 'b', rollout }));
  expect(world.workers()).toContain('0:b#5 starting');
  expect(world.workers()).not.toContain('#6');
  expect(world.listen(5)).toMatchInlineSnapshot(`
    "web: ready worker 5 — listens
    web: hold b — canary 1 of 4, goes on in 0 ms
    web: resume b — the canary held for 0 ms
    web: drain worker 1 — replaced by worker 5
    web: start b in slot 1 — env.VERSION changed (line 8)
    web: start b in slot 2 — env.VERSION changed (line 8)
    web: start b in slot 3 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
});

test('a canary that ends by itself fails the rollout at once, however long it ran', () => {
  const world = held();
  world.now = PAUSE - 1_000;
  expect(world.exit(1, 'Error: leak', 5)).toMatchInlineSnapshot(`
    "web: fail b, rolled-back — exited with code 1, as a canary
    web: start a in slot 0 — b was rolled back: it exited with code 1, as a canary
    wake up at 89000"
  `);
  expect(world.app().rollout?.failures.at(-1)?.stderr).toEqual(['Error: leak']);
  world.listen(6);
  expect(world.workers()).toBe('1:a#2 online, 2:a#3 online, 3:a#4 online, 0:a#6 online');
});

test('so does one that ends at the very moment at which the others would follow', () => {
  const world = held();
  world.now = PAUSE;
  world.exit(1, '', 5);
  expect(world.app().rollout?.state).toBe('rolled-back');
});

test('so does one that is to be replaced though it serves', () => {
  const world = held();
  expect(world.unfit('uses 400 MB', 5)).toMatchInlineSnapshot(`
    "web: fail b, rolled-back — uses 400 MB, as a canary
    web: start a in slot 0 — b was rolled back: it uses 400 MB, as a canary
    wake up at 60000"
  `);
});

test('one that does not get that far fails like any other boot', () => {
  const world = running(app());
  world.edit(app({ revision: 'b' }));
  expect(world.exit(1, '', 5)).toContain('start b in slot 0');
  expect(world.exit(1, '', 6)).toContain('fail b, rolled-back — exited with code 1 before it listened');
});

test('on_failure: pause leaves what runs, but for the canary that has gone', () => {
  const rollout = { onFailure: 'pause', canary: 2 } as const;
  const world = running(app({ rollout }));
  world.edit(app({ revision: 'b', rollout }));
  world.listen(5);
  world.listen(6);
  world.leave();
  expect(world.exit(1, '', 6)).toMatchInlineSnapshot(`
    "web: fail b, paused — exited with code 1, 0 ms after it was ready, as a canary
    web: start a in slot 1 — b is paused: it exited with code 1, 0 ms after it was ready, as a canary
    wake up at 60000"
  `);
  expect(world.workers()).toBe('2:a#3 online, 3:a#4 online, 0:b#5 online, 1:a#7 starting');
});

test('the pause is no lack of progress: the deadline runs on after it', () => {
  const rollout = { canaryPause: 3_600_000, deadline: 10_000 };
  const world = held({ rollout });
  expect(world.wait(3_599_999)).toBe('wake up at 3600000');
  expect(world.wait(1)).toContain('start b in slot 1');
  expect(world.wait(9_999)).toBe('wake up at 3610000');
  expect(world.wait(1)).toContain('fail b, rolled-back — did not listen within 10 s');
});

test('what dies meanwhile is replaced by the stable revision, and what is added gets it', () => {
  const world = held();
  expect(world.exit('SIGKILL', '', 3)).toMatchInlineSnapshot(`
    "web: start a in slot 2 — was killed by SIGKILL, 0 ms after it was ready
    wake up at 30000"
  `);
  world.listen(6);
  expect(world.edit(app({ revision: 'b', instances: 5 }))).toMatchInlineSnapshot(`
    "web: start a in slot 4 — slot 4 waits for the canary of b
    wake up at 30000"
  `);
  world.listen(7);
  expect(world.workers()).toBe('1:a#2 online, 3:a#4 online, 0:b#5 online, 2:a#6 online, 4:a#7 online');
});

test('what an edit before this one had started makes room for the stable revision, not for this one', () => {
  const world = running(app({ rollout: { canary: 0 } }));
  world.edit(app({ revision: 'b', rollout: { canary: 0 } }));
  world.listen(5);
  world.listen(6);
  world.leave();
  world.edit(app({ revision: 'c' }));
  world.leave();
  expect(world.workers()).toBe('2:a#3 online, 3:a#4 online, 0:b#5 online, 1:b#6 online, 0:c#8 starting');
  expect(world.listen(8)).toMatchInlineSnapshot(`
    "web: ready worker 8 — listens
    web: hold c — canary 1 of 4, goes on in 30 s
    web: drain worker 5 — replaced by worker 8
    web: start a in slot 1 — slot 1 waits for the canary of c
    wake up at 10000"
  `);
  world.listen(9);
  world.leave();
  expect(world.workers()).toBe('2:a#3 online, 3:a#4 online, 0:c#8 online, 1:a#9 online');
});

test('without surge, only the canary leaves its slot', () => {
  const rollout = { maxSurge: 0, maxUnavailable: 2 };
  const world = running(app({ rollout }));
  expect(world.edit(app({ revision: 'b', rollout }))).toMatchInlineSnapshot(`
    "web: begin b from a — env.VERSION changed (line 8)
    web: drain worker 1 — env.VERSION changed (line 8)
    web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 10000"
  `);
  world.leave();
  world.listen(5);
  expect(world.workers()).toBe('1:a#2 online, 2:a#3 online, 3:a#4 online, 0:b#5 online');
});

test('an edit that shortens the pause, or takes the canary away, goes on at once', () => {
  const shorter = held();
  shorter.now = 10_000;
  expect(shorter.edit(app({ revision: 'b', rollout: { canaryPause: 10_000 } }))).toContain('resume b');
  expect(held().edit(app({ revision: 'b', rollout: { canary: 0 } }))).toMatchInlineSnapshot(`
    "web: resume b — there is no canary any more
    web: start b in slot 1 — env.VERSION changed (line 8)
    wake up at 60000"
  `);
});

test('back to the stable revision in the middle of the pause needs no canary', () => {
  const world = held();
  world.edit(app());
  world.listen(6);
  world.leave();
  expect(world.workers()).toBe('1:a#2 online, 2:a#3 online, 3:a#4 online, 0:a#6 online');
  expect(world.app().rollout?.state).toBe('complete');
});

test('a canary of all workers is a pause before the revision is stable', () => {
  const options = { instances: 1 };
  const world = running(app(options));
  world.edit(app({ ...options, revision: 'b' }));
  world.listen(2);
  expect(world.app().rollout?.state).toBe('progressing');
  expect(world.app().stable?.revision).toBe('a');
  expect(world.wait(PAUSE)).toContain('complete b');
});

test('whoever waits for the outcome waits for the pause, too', () => {
  const world = held();
  expect(outcome(world.desired, world.observed, world.now, world.now)).toBe(null);
  expect(isConverged(world.desired, world.observed, world.now)).toBe(false);
  world.exit(1, 'Error: leak', 5);
  expect(outcome(world.desired, world.observed, world.now, world.now)).toBe(null);
  world.listen(6);
  expect(outcome(world.desired, world.observed, world.now, world.now)).toMatchObject({
    converged: false,
    problems: [{ app: 'web', stderr: ['Error: leak'] }],
  });
});

test('a canary that is added during the pause has a pause of its own', () => {
  const options = { instances: 1, rollout: { canary: 2 } };
  const world = running(app(options));
  world.edit(app({ ...options, revision: 'b' }));
  world.listen(2);
  world.leave();
  world.now = 10_000;
  expect(world.edit(app({ ...options, instances: 3, revision: 'b' }))).toContain('start b in slot 1');
  world.now = 12_000;
  world.listen(3, 4);
  expect(resumeAt(world.app())).toBe(12_000 + PAUSE);
  expect(world.wait(PAUSE)).toContain('resume b');
});
