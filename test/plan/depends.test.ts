import { describe, expect, test } from 'vitest';
import type { AppSpec, Dependency } from '../../src/model/spec.ts';
import { outcome } from '../../src/observe/report/converged.ts';
import { waitOf, waitText } from '../../src/observe/facts/depends.ts';
import { spec } from './build.ts';
import { World } from './world.ts';

const on = (app: string, until: Dependency['until'] = 'ready'): Dependency => ({ app, until });
const server = (name: string, ...dependsOn: Dependency[]): AppSpec => spec({ name, instances: 1, dependsOn });
const job = (name: string, ...dependsOn: Dependency[]): AppSpec =>
  spec({
    name,
    instances: 1,
    dependsOn,
    namesPort: false,
    process: { mode: 'fork' },
    restart: { auto: false },
  });

/** What an app waits for, as it is told. */
function waits(world: World, name: string): string | null {
  const wait = waitOf(world.app(name), world.observed, world.now);
  return wait === null ? null : waitText(wait, world.observed, world.now);
}

describe('the start', () => {
  test('until ready: the dependency is available before the dependent begins, whatever the order in the file', () => {
    const world = new World();
    expect(world.edit(server('api', on('db')), server('db'))).toMatchInlineSnapshot(`
      "db: begin a — new app
      db: start a in slot 0 — new app
      wake up at 60000"
    `);
    expect(waits(world, 'api')).toBe('waits for db to be ready');
    world.now = 30_000;
    // The time of waiting is not held against the rollout.
    expect(world.listen(1)).toMatchInlineSnapshot(`
      "db: ready worker 1 — listens
      db: complete a — 1 worker available
      api: begin a — new app
      api: start a in slot 0 — new app
      wake up at 90000"
    `);
    expect(waits(world, 'api')).toBeNull();
  });

  test('until ready: every instance, for min_ready', () => {
    const world = new World();
    const db = spec({ name: 'db', instances: 2, rollout: { minReady: 500 } });
    world.edit(db, server('api', on('db')));
    world.listen(1);
    world.wait(400);
    world.listen(2);
    world.wait(100);
    expect(world.app('api').workers).toEqual([]);
    expect(world.wait(400)).toContain('api: begin');
  });

  test('until started: in the same plan, after it', () => {
    const world = new World();
    expect(world.edit(server('api', on('db', 'started')), server('db'))).toMatchInlineSnapshot(`
      "db: begin a — new app
      db: start a in slot 0 — new app
      api: begin a — new app
      api: start a in slot 0 — new app
      wake up at 60000"
    `);
  });

  test('until completed: the job has exited with 0', () => {
    const world = new World();
    world.edit(server('api', on('migrate', 'completed')), job('migrate'));
    world.say('alive', 1);
    expect(waits(world, 'api')).toBe('waits for migrate to complete');
    expect(world.exit(0, '', 1)).toContain('api: start a in slot 0');
  });

  test('a job that failed blocks, with the reason; an edit that repairs it lets go', () => {
    const world = new World();
    world.edit(server('api', on('migrate', 'completed')), job('migrate'));
    world.exit(3, 'no database', 1);
    expect(waits(world, 'api')).toBe(
      'waits for migrate to complete: migrate exited with code 3 before it was ready',
    );
    expect(outcome(world.desired, world.observed, world.now, world.now)).toEqual({
      converged: false,
      problems: [
        {
          app: 'api',
          message: 'waits for migrate to complete: migrate exited with code 3 before it was ready',
          stderr: [],
        },
        {
          app: 'migrate',
          message: 'a failed: it exited with code 3 before it was ready',
          stderr: ['no database'],
        },
      ],
    });
    world.edit(server('api', on('migrate', 'completed')), { ...job('migrate'), revision: 'b' });
    expect(world.exit(0, '', 2)).toContain('api: start a in slot 0');
  });

  test('a chain tells where it begins', () => {
    const world = new World();
    world.edit(server('web', on('api')), server('api', on('db')), server('db'));
    expect(waits(world, 'web')).toBe('waits for api to be ready, which waits for db to be ready');
    expect(outcome(world.desired, world.observed, world.now, world.now)).toBeNull();
    world.exit(1, '', 1);
    world.exit(1, '', 2);
    expect(waits(world, 'web')).toBe(
      'waits for api to be ready, which waits for db to be ready: db exited with code 1 before it listened',
    );
    expect(outcome(world.desired, world.observed, world.now, world.now)).toMatchObject({ converged: false });
  });

  test('an app that waits for a stopped one says so, and is no longer waited for', () => {
    const world = new World();
    world.edit({ ...server('db'), instances: 0 }, server('api', on('db')));
    expect(waits(world, 'api')).toBe('waits for db to be ready, which is stopped');
    expect(outcome(world.desired, world.observed, world.now, world.now)?.problems).toHaveLength(1);
    world.edit(server('db'), server('api', on('db')));
    expect(world.listen(1)).toContain('api: start');
  });
});

describe('later', () => {
  function both(): World {
    const world = new World();
    world.edit(server('db'), server('api', on('db')));
    world.listen(1);
    world.listen(2);
    return world;
  }

  test('a rollout of the dependency leaves the dependent alone', () => {
    const world = both();
    const steps = world.edit({ ...server('db'), revision: 'b' }, server('api', on('db')));
    expect(steps).not.toContain('api:');
    expect(world.listen(3)).not.toContain('api:');
    world.leave();
    expect(world.workers('api')).toBe('0:a#2 online');
  });

  test('a crash of the dependent is mended although the dependency is away', () => {
    const world = both();
    world.exit(1, '', 1);
    expect(world.exit(1, '', 2)).toContain('api: start a in slot 0');
  });

  test('depends_on that is added to what runs changes nothing', () => {
    const world = both();
    world.exit(1, '', 1);
    expect(
      world.edit({ ...server('db', on('other')) }, server('api', on('db')), server('other')),
    ).not.toMatch(/api: |db: (stop|drain)/);
  });
});

describe('the end', () => {
  function chain(): World {
    const world = new World();
    world.edit(server('db'), server('api', on('db')), server('web', on('api')));
    world.listen(1);
    world.listen(2);
    world.listen(3);
    return world;
  }

  test('dependents leave first, all the way down', () => {
    const world = chain();
    expect(world.edit()).toBe('web: drain worker 3 — no longer in the file\nwake up at 10000');
    expect(world.leave()).toContain('api: drain worker 2');
    expect(world.workers('db')).toBe('0:a#1 online');
    expect(world.leave()).toContain('db: drain worker 1');
    world.leave();
    expect(world.observed.apps).toEqual([]);
  });

  test('through one between them that has no worker', () => {
    const world = new World();
    const apps = [server('db'), job('migrate', on('db')), server('api', on('migrate', 'completed'))];
    world.edit(...apps);
    world.listen(1);
    world.exit(0, '', 2);
    world.listen(3);
    expect(world.edit()).not.toContain('db:');
    expect(world.leave()).toContain('db: drain worker 1');
  });

  test('stopped together, dependents stop first; started again, they start last', () => {
    const world = chain();
    const apps = world.desired.apps;
    expect(world.edit(...apps.map((app) => ({ ...app, instances: 0 })))).toMatchInlineSnapshot(`
      "web: drain worker 3 — instances is 0 (line 4)
      wake up at 10000"
    `);
    apps.forEach(() => world.leave());
    expect(world.workers('db')).toBe('');
    expect(world.edit(...apps)).toBe('db: start a in slot 0 — instances is 1 (line 4)\nwake up at 60000');
    expect(world.listen(4)).toContain('api: start');
  });

  test('a dependency that leaves alone does not wait for those that stay', () => {
    const world = chain();
    expect(world.edit(server('api'), server('web', on('api')))).toContain('db: drain worker 1');
  });
});
