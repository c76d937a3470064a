import { describe, expect, test } from 'vitest';
import { longestDelay, restartDelay } from '../../src/observe/facts/backoff.ts';
import { spec } from './build.ts';
import { running, World } from './world.ts';

const one = spec({ instances: 1 });

test('the first restart is immediate, later ones wait twice as long each time', () => {
  const { restart } = one;
  const delays = Array.from({ length: 12 }, (_, i) => longestDelay(restart, i + 1));
  expect(delays).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test('each wait is cut by up to a quarter, otherwise in each slot and each time, and always alike', () => {
  const delays = Array.from({ length: 200 }, (_, i) => {
    const world = running(one);
    // The first of them is the end of a stable run.
    world.now = (i + 1) * 1_000.1;
    for (const id of [1, 2, 3]) world.exit(1, '', id);
    const [record] = world.app().slots;
    if (record === undefined) throw new Error('no record');
    expect(restartDelay(world.app(), record)).toBe(restartDelay(structuredClone(world.app()), record));
    return restartDelay(world.app(), record);
  });
  expect([Math.min(...delays), Math.max(...delays)]).toEqual([75, 100]);
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  expect(mean).toBeGreaterThan(86);
  expect(mean).toBeLessThan(89);
});

test('slots that fail together do not come back together', () => {
  const app = spec({ instances: 8 });
  const world = running(app);
  const failAll = (): void => void world.exit(1, '', ...world.app().workers.map(({ id }) => id));
  for (let i = 0; i < 6; i++) {
    failAll();
    world.wait(10_000);
  }
  failAll();
  const delays = world.app().slots.map((record) => restartDelay(world.app(), record));
  expect(delays.every((delay) => delay >= 2_400 && delay <= 3_200)).toBe(true);
  expect(new Set(delays).size).toBe(8);
});

test('a crash loop on a virtual clock', () => {
  const world = running(one);
  expect(world.exit(1, '', 1)).toMatchInlineSnapshot(`
    "web: start a in slot 0 — exited with code 1, 0 ms after it was ready
    wake up at 60000"
  `);
  expect(world.exit(1, '', 2)).toMatchInlineSnapshot(`"wake up at 76"`);
  const { exitedAt } = world.app().slots[0] ?? { exitedAt: NaN };
  expect(exitedAt).toBe(0);
  expect(world.wait(74)).not.toContain('start');
  expect(world.wait(26)).toContain('web: start a in slot 0 — exited with code 1 before it listened');
  expect(world.exit(1, '', 3)).toMatchInlineSnapshot(`"wake up at 262"`);
});

test('it is tried for ever, at most 30 s apart', () => {
  const world = running(one);
  for (let i = 1; i <= 200; i++) {
    world.exit(1, '', i);
    world.wait(30_000);
    expect(world.workers()).toContain('starting');
  }
  expect(world.app().slots).toMatchObject([{ failures: 200, restarts: 200 }]);
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

describe('max_restarts', () => {
  /** Ends its worker as soon as it may run, so many times; then says whether the slot is given up. */
  function crashes(app: ReturnType<typeof spec>, times: number, boot: (world: World) => void): boolean {
    const world = running(app);
    for (let i = 0; i < times; i++) {
      for (let waited = 0; world.app().workers.length === 0; waited++) {
        if (waited === 1000 || world.settle() === 'no wake-up') return true;
        world.wait(1_000);
      }
      // The first one is running already.
      if (i > 0) boot(world);
      world.exit(1, String(i), ...world.app().workers.map(({ id }) => id));
    }
    return world.settle() === 'no wake-up';
  }
  const limited = (restart: object, more: object = {}): ReturnType<typeof spec> =>
    spec({ instances: 1, ...more, restart: { maxRestarts: 4, ...restart } });
  const isTooMany = (app: ReturnType<typeof spec>, boot: (world: World) => void): void => {
    expect(crashes(app, 3, boot)).toBe(false);
    expect(crashes(app, 4, boot)).toBe(true);
  };

  test('gives the slot up until the next edit', () => {
    const world = running(spec({ restart: { maxRestarts: 2 } }));
    world.exit(1, '', 1);
    expect(world.exit(1, '', 3)).toBe('no wake-up');
    expect(world.edit(spec({ restart: { maxRestarts: 3 } }))).toMatchInlineSnapshot(`
      "web: start a in slot 0 — exited with code 1 before it listened
      wake up at 60000"
    `);
    expect(world.app().slots).toMatchObject([{ failures: 0, budget: { spent: 0 } }]);
  });

  test('trips with the default backoff', () => {
    isTooMany(limited({}), () => {});
  });

  test('trips whatever the delay', () => {
    for (const delay of [1, 1_000, 600_000, 86_400_000]) {
      // The helper waits second by second; a day is too many of them.
      const world = running(limited({ delay }));
      for (let i = 1; i < 4; i++) {
        world.exit(1, '', i);
        expect(world.wait(delay)).toContain('start a in slot 0');
      }
      expect(world.exit(1, '', 4)).toBe('no wake-up');
    }
  });

  test('trips whatever the boot time: also where each boot takes as long as it may', () => {
    const slow = (world: World): void => {
      world.wait(59_000);
    };
    isTooMany(limited({}), slow);
    isTooMany(limited({}, { listenTimeout: 600_000 }), (world) => {
      world.wait(599_000);
    });
  });

  test('counts boots that are stopped because they take too long', () => {
    const world = running(limited({ maxRestarts: 2 }, { listenTimeout: 5_000 }));
    world.exit(1, '', 1);
    world.wait(5_000);
    expect(world.leave()).toBe('no wake-up');
    expect(world.app().slots).toMatchObject([{ budget: { spent: 2 } }]);
  });

  test('a stable run resets the backoff, not the budget', () => {
    const world = running(limited({}));
    world.exit(1, '', 1);
    world.exit(1, '', 2);
    world.wait(100);
    world.listen(3);
    world.now += 1_000;
    world.exit(1, '', 3);
    expect(world.app().slots).toMatchObject([{ failures: 0, budget: { since: 0, spent: 2 } }]);
    world.exit(1, '', 4);
    expect(world.app().slots).toMatchObject([{ failures: 1, budget: { spent: 3 } }]);
    expect(world.exit(1, '', 5)).toBe('no wake-up');
  });

  test('stable runs alone never spend it', () => {
    const stable = (world: World): void => {
      world.listen(...world.app().workers.map(({ id }) => id));
      world.now += 1_000;
    };
    expect(crashes(limited({}), 100, stable)).toBe(false);
  });

  test('every other start unstable is too many, whatever the delay', () => {
    const world = running(limited({ delay: 600_000 }));
    for (let i = 1; i < 8; i++) {
      if (i % 2 === 0) {
        world.listen(i);
        world.now += 1_000;
      } else if (i > 1) world.now += 59_000;
      world.exit(1, '', i);
      world.wait(600_000);
    }
    expect(world.app().slots).toMatchObject([{ budget: { spent: 4 } }]);
    expect(world.settle()).toBe('no wake-up');
  });

  test('what is older than the window counts no more', () => {
    const world = running(limited({}));
    // Twice as many starts as the budget has, each with 30 s of backoff, 60 s of boot and a second after it.
    const window = 2 * 4 * (30_000 + 60_000 + 1_000);
    for (const id of [1, 2, 3]) {
      world.exit(1, '', id);
      world.wait(1_000);
    }
    world.listen(4);
    world.now = window + 1;
    world.exit(1, '', 4);
    expect(world.app().slots).toMatchObject([{ budget: { since: 0, spent: 3 } }]);
    world.exit(1, '', 5);
    expect(world.app().slots).toMatchObject([{ budget: { since: window + 1, spent: 1 } }]);
  });

  test('0 gives up at the first unstable exit', () => {
    expect(crashes(limited({ maxRestarts: 0 }), 1, () => {})).toBe(true);
  });

  test('is per slot', () => {
    const world = running(spec({ instances: 2, restart: { maxRestarts: 1 } }));
    world.exit(1, '', 1);
    expect(world.workers()).toBe('1:a#2 online');
  });
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
