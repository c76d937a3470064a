import { expect, test } from 'vitest';
import { outcome } from '../../src/observe/report/converged.ts';
import { spec } from './build.ts';
import { running, World } from './world.ts';

const bad = spec({ revision: 'b' });

test('a revision that throws alike twice is rolled back, and no old worker is touched', () => {
  const world = running(spec());
  world.edit(bad);
  expect(world.exit(1, 'Error: no DB at 0x7f01 (server.js:3:9)', 3)).toMatchInlineSnapshot(`
    "web: start b in slot 0 — exited with code 1 before it listened
    wake up at 60000"
  `);
  expect(world.exit(1, 'Error: no DB at 0x7f99 (server.js:3:9)', 4)).toMatchInlineSnapshot(`
    "web: fail b, rolled-back — exited with code 1 before it listened
    no wake-up"
  `);
  expect(world.workers()).toBe('0:a#1 online, 1:a#2 online');
  expect(world.app().slots).toEqual([]);
});

test('two different failures are no proof', () => {
  const world = running(spec());
  world.edit(bad);
  world.exit(1, 'Error: no DB', 3);
  expect(world.exit(1, 'Error: no cache', 4)).toMatchInlineSnapshot(`"wake up at 76"`);
});

test('eight failures are, however different', () => {
  const world = running(spec());
  world.edit(bad);
  for (let id = 3; id < 11; id++) {
    world.exit(id, '', id);
    world.wait(6_400);
  }
  expect(world.app().rollout?.message).toBe('exited with code 10 before it listened');
});

test('a failed revision is tried again only after the next edit', () => {
  const world = running(spec());
  world.edit(bad);
  world.exit('SIGSEGV', '', 3);
  world.exit('SIGSEGV', '', 4);
  expect(world.app().rollout?.message).toBe('was killed by SIGSEGV before it listened');
  expect(world.wait(3_600_000)).toBe('no wake-up');
  expect(world.edit(spec({ revision: 'b', stop: { killTimeout: 9 } }))).toMatchInlineSnapshot(`
    "web: begin b from a — the file changed, so it is tried again
    web: start b in slot 0 — env.VERSION changed (line 8)
    wake up at 3660000"
  `);
});

test('one that hangs is rolled back at the deadline', () => {
  const world = running(spec());
  world.edit(bad);
  expect(world.wait(60_000)).toMatchInlineSnapshot(`
    "web: stop worker 3 — did not listen within 60 s
    web: fail b, rolled-back — did not listen within 60 s — if it is not meant to listen, set ready: started
    wake up at 61600"
  `);
  expect(world.wait(1_600)).toMatchInlineSnapshot(`
    "web: kill worker 3 — did not end within 1.6 s
    no wake-up"
  `);
  expect(world.leave()).toBe('no wake-up');
});

test('listen_timeout ends one boot, the second such boot ends the rollout', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b', listenTimeout: 3_000 }));
  expect(world.wait(3_000)).toMatchInlineSnapshot(`
    "web: stop worker 3 — did not listen within 3 s
    web: start b in slot 0 — did not listen within 3 s
    wake up at 4600"
  `);
  world.exit('SIGINT', 'waiting for DB', 3);
  expect(world.app().rollout?.failures).toMatchObject([
    { reason: 'did not listen within 3 s', stderr: ['waiting for DB'] },
  ]);
  expect(world.wait(3_000)).toMatchInlineSnapshot(`
    "web: stop worker 4 — did not listen within 3 s
    web: fail b, rolled-back — did not listen within 3 s — if it is not meant to listen, set ready: started
    wake up at 7600"
  `);
});

test('a death during min_ready is a failed boot', () => {
  const rollout = { minReady: 5_000 };
  const world = running(spec({ rollout }));
  world.wait(5_000);
  world.edit(spec({ revision: 'b', rollout }));
  world.listen(3);
  world.now += 2_000;
  world.exit(1, '', 3);
  world.listen(4);
  world.now += 2_000;
  expect(world.exit(1, '', 4)).toMatchInlineSnapshot(`
    "web: fail b, rolled-back — exited with code 1, 2 s after it was ready
    no wake-up"
  `);
});

test('slots that were replaced already go back surge-first', () => {
  const world = running(spec({ instances: 3 }));
  world.edit(spec({ instances: 3, revision: 'b' }));
  world.listen(4);
  world.leave();
  world.exit(1, '', 5);
  expect(world.exit(1, '', 6)).toMatchInlineSnapshot(`
    "web: fail b, rolled-back — exited with code 1 before it listened
    web: start a in slot 0 — b was rolled back: it exited with code 1 before it listened
    wake up at 60000"
  `);
  // As many workers are online as are wanted, but one of them is of the revision that failed.
  expect(outcome(world.desired, world.observed, world.now, world.now)).toBe(null);
  expect(world.listen(7)).toMatchInlineSnapshot(`
    "web: ready worker 7 — listens
    web: drain worker 4 — replaced by worker 7
    wake up at 10000"
  `);
  world.leave();
  expect(world.workers()).toBe('1:a#2 online, 2:a#3 online, 0:a#7 online');
  expect(outcome(world.desired, world.observed, world.now, world.now)).toMatchObject({ converged: false });
});

test('an old worker that crashes while nothing is proven is restored', () => {
  const world = running(spec());
  world.edit(bad);
  expect(world.exit('SIGKILL', '', 2)).toMatchInlineSnapshot(`
    "web: start a in slot 1 — was killed by SIGKILL, 0 ms after it was ready
    wake up at 60000"
  `);
  expect(world.workers()).toBe('0:a#1 online, 0:b#3 starting, 1:a#4 starting');
  expect(world.listen(3)).toMatchInlineSnapshot(`
    "web: ready worker 3 — listens
    web: stop worker 4 — superseded by b
    web: start b in slot 1 — env.VERSION changed (line 8)
    wake up at 1600"
  `);
});

test('on_failure: pause leaves what runs as it is', () => {
  const rollout = { onFailure: 'pause' } as const;
  const world = running(spec({ rollout }));
  world.edit(spec({ revision: 'b', rollout }));
  world.listen(3);
  world.leave();
  world.exit(1, '', 4);
  expect(world.exit(1, '', 5)).toMatchInlineSnapshot(`
    "web: fail b, paused — exited with code 1 before it listened
    no wake-up"
  `);
  expect(world.workers()).toBe('1:a#2 online, 0:b#3 online');
  expect(world.exit(1, '', 3)).toMatchInlineSnapshot(`
    "web: start a in slot 0 — b is paused: it exited with code 1 before it listened
    wake up at 60000"
  `);
});

test('without a stable revision a failed one is tried for ever', () => {
  const world = new World();
  world.edit(spec({ instances: 1 }));
  world.exit(1, 'no DB', 1);
  expect(world.exit(1, 'no DB', 2)).toMatchInlineSnapshot(`
    "web: fail a, failed — exited with code 1 before it listened
    wake up at 76"
  `);
  expect(world.wait(100)).toMatchInlineSnapshot(`
    "web: start a in slot 0 — exited with code 1 before it listened
    wake up at 60100"
  `);
  expect(world.listen(3)).toMatchInlineSnapshot(`
    "web: ready worker 3 — listens
    web: complete a — 1 worker available
    no wake-up"
  `);
  expect(world.app().rollout).toMatchObject({ state: 'complete', message: null });
});

test('an exit with code 0 before it listens is a failure of what replaces a server', () => {
  const restart = { auto: false };
  const world = running(spec({ restart }));
  world.edit(spec({ revision: 'b', restart }));
  expect(world.exit(0, '', 3)).toMatchInlineSnapshot(`
    "web: fail b, rolled-back — exited with code 0 before it listened
    no wake-up"
  `);
});

test('a rollout that waits for draining workers is not out of time', () => {
  const stop = { drainTimeout: 600_000 };
  const world = running(spec({ instances: 1, stop }));
  for (const [id, revision] of [
    [2, 'b'],
    [3, 'c'],
  ] as const) {
    world.edit(spec({ instances: 1, revision, stop }));
    world.listen(id);
  }
  expect(world.edit(spec({ instances: 1, revision: 'd', stop }))).toMatchInlineSnapshot(`
    "web: begin d from c — env.VERSION changed (line 8)
    wake up at 60000"
  `);
  expect(world.wait(60_000)).toMatchInlineSnapshot(`"wake up at 600000"`);
  expect(world.leave()).toMatchInlineSnapshot(`
    "web: start d in slot 0 — env.VERSION changed (line 8)
    wake up at 120000"
  `);
});

test('unproven workers make room for the stable revision where an edit took it away', () => {
  const world = running(spec({ rollout: { maxSurge: 2 } }));
  world.edit(spec({ revision: 'b', rollout: { maxSurge: 2 } }));
  world.edit(spec({ revision: 'b' }));
  expect(world.workers()).toBe('0:a#1 online, 1:a#2 online, 0:b#3 starting, 1:b#4 starting');
  expect(world.exit('SIGKILL', '', 1, 2)).toMatchInlineSnapshot(`
    "web: stop worker 4 — makes room for the stable revision
    web: start a in slot 1 — was killed by SIGKILL, 0 ms after it was ready
    web: start a in slot 0 — was killed by SIGKILL, 0 ms after it was ready
    wake up at 1600"
  `);
  expect(world.workers()).toBe('0:b#3 starting, 1:b#4 stopping, 1:a#5 starting, 0:a#6 starting');
});
