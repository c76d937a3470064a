/** Apps that take the place of one that they can never be beside: it makes way, and is back if they fail. */
import { describe, expect, test } from 'vitest';
import type { AppSpec } from '../../src/model/spec.ts';
import { outcome } from '../../src/observe/report/converged.ts';
import { formatPrediction, predict } from '../../src/observe/report/predict.ts';
import { stayText } from '../../src/observe/facts/stay.ts';
import { spec, type AppOptions } from './build.ts';
import { running, World } from './world.ts';

const surgeless = { maxSurge: 0, maxUnavailable: 1 };

function app(name: string, port: number | null, mode: 'fork' | 'cluster', options: AppOptions = {}): AppSpec {
  return spec({
    name,
    instances: 1,
    namesPort: port !== null,
    ...options,
    rollout: { ...(mode === 'fork' ? surgeless : {}), ...options.rollout },
    process: { mode, env: port === null ? {} : { PORT: String(port) }, ...options.process },
  });
}

/** Apps that have been up for a while. */
function up(...apps: AppSpec[]): World {
  const world = new World();
  world.edit(...apps);
  world.now = 1_000;
  for (const { name } of apps) start(world, name);
  return world;
}

/** Its workers become ready. */
function start(world: World, name: string): string {
  const { spec: wanted, workers } = world.app(name);
  const ids = workers.map(({ id }) => id);
  if (wanted.process.mode === 'cluster') return world.listen(...ids);
  world.now += 1_000;
  return world.say('alive', ...ids);
}

function last(world: World, name: string): number {
  return world.app(name).workers.at(-1)?.id ?? 0;
}

function blocked(world: World, name: string): string {
  const id = last(world, name);
  return world.note({ type: 'blocked', at: world.now, app: name, id, on: 'port 8080', trades: [] });
}

/** Both boots fail alike; what was printed for the second. */
function fail(world: World, name: string): string {
  world.exit(1, 'oops', last(world, name));
  return world.exit(1, 'oops', last(world, name));
}

function reason(world: World): string | null {
  return stayText(world.app('old'), world.observed, world.now);
}

function ended(world: World): ReturnType<typeof outcome> {
  return outcome(world.desired, world.observed, world.now, world.now);
}

describe('from fork mode to fork mode', () => {
  const old = app('old', 8080, 'fork');
  const renamed = app('new', 8080, 'fork');

  test('the old program ends, then the new one starts, and the old one is gone once that is ready', () => {
    const world = up(old);
    expect(world.edit(renamed)).toMatchInlineSnapshot(`
      "new: begin a — new app
      old: stop worker 1 — makes way for new
      wake up at 3600"
    `);
    expect(reason(world)).toMatchInlineSnapshot(
      `"stays until new is ready: it makes way for it, and is started again if that fails"`,
    );
    expect(world.leave()).toMatchInlineSnapshot(`
      "new: start a in slot 0 — new app
      wake up at 62000"
    `);
    expect(start(world, 'new')).toMatchInlineSnapshot(`
      "new: ready worker 2 — is alive
      new: complete a — 1 worker available
      old: leave — new is ready
      old: remove — no longer in the file
      no wake-up"
    `);
  });

  test('with a mistake: the old one is started again, and the new one is not until the file says otherwise', () => {
    const world = up(old);
    world.edit(renamed);
    world.leave();
    expect(fail(world, 'new')).toMatchInlineSnapshot(`
      "new: fail a, failed — exited with code 1 before it was ready
      old: start a in slot 0 — new exited with code 1 before it was ready
      wake up at 2084"
    `);
    expect(ended(world)).toBeNull();
    start(world, 'old');
    expect(reason(world)).toBe('stays until new is ready: new exited with code 1 before it was ready');
    expect(ended(world)?.problems.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "stays until new is ready: new exited with code 1 before it was ready",
        "a failed: it exited with code 1 before it was ready",
      ]
    `);
    expect(world.wait(600_000)).toMatchInlineSnapshot(`"no wake-up"`);
    expect(world.exit(1, '', last(world, 'old'))).toContain('old: start a in slot 0');
    expect(world.edit(app('new', 8080, 'fork', { revision: 'b' }))).toMatchInlineSnapshot(`
      "new: begin b — new app
      old: stop worker 5 — makes way for new
      wake up at 604600"
    `);
    world.leave();
    expect(start(world, 'new')).toContain('old: remove');
  });

  test('one that hangs is given its whole time from when the old one has ended, then ends', () => {
    const late = app('new', 8080, 'fork', { ready: 'message', rollout: { deadline: 1_500 } });
    const world = up(old);
    world.edit(late);
    expect(world.wait(1_600)).toMatchInlineSnapshot(`
      "old: kill worker 1 — did not end within 1.6 s
      no wake-up"
    `);
    expect(world.leave()).toContain('new: start');
    expect(world.wait(1_499)).not.toContain('fail');
    expect(world.wait(1)).toMatchInlineSnapshot(`
      "new: stop worker 2 — did not send 'ready' within 1.5 s
      wake up at 6700"
    `);
    world.leave();
    expect(world.wait(1_500)).toContain('new: stop worker 3');
    expect(world.leave()).toContain('old: start a in slot 0');
  });

  test('the old name back in the file waits until the other program has ended', () => {
    const world = up(old);
    world.edit(renamed);
    world.leave();
    expect(world.edit(old)).toMatchInlineSnapshot(`
      "new: stop worker 2 — no longer in the file
      wake up at 3600"
    `);
    expect(world.leave()).toContain('old: start a in slot 0');
  });

  test('without a port: the same program takes the place, another one does not', () => {
    const silent = (name: string, script: string): AppSpec =>
      app(name, null, 'fork', { process: { script } });
    for (const [script, text] of [
      ['/srv/server.js', 'stays until new is ready: it makes way for it, and is started again if that fails'],
      ['/srv/other.js', null],
    ] as const) {
      const world = up(silent('old', '/srv/server.js'));
      world.edit(silent('new', script));
      expect(reason(world)).toBe(text);
    }
  });

  test('a job is nobody to stay', () => {
    const job = app('old', null, 'fork', { restart: { auto: false } });
    const world = up(job);
    expect(world.edit({ ...job, name: 'new' })).toContain('old: stop worker 1 — no longer in the file');
  });
});

describe('from fork mode to cluster mode', () => {
  const old = app('old', 8080, 'fork');
  const renamed = app('new', 8080, 'cluster');

  test('the new one starts beside the old one, which makes way once a worker waits for its port', () => {
    const world = up(old);
    expect(world.edit(renamed)).not.toContain('old:');
    expect(blocked(world, 'new')).toMatchInlineSnapshot(`
      "old: stop worker 1 — makes way for new
      wake up at 3600"
    `);
    world.leave();
    expect(start(world, 'new')).toContain('old: remove');
  });

  test('with a mistake: the old one has never ended', () => {
    const world = up(old);
    world.edit(renamed);
    expect(fail(world, 'new')).not.toContain('old:');
    expect(reason(world)).toBe('stays until new is ready: new exited with code 1 before it listened');
    expect(ended(world)?.converged).toBe(false);
  });

  test('that fails once it has the port: it ends as a whole, and the old one is back', () => {
    const world = up(old);
    world.edit({ ...renamed, instances: 2 });
    blocked(world, 'new');
    world.leave();
    world.listen(2);
    expect(fail(world, 'new')).toMatchInlineSnapshot(`
      "new: fail a, failed — exited with code 1 before it listened
      new: drain worker 2 — old gets its place back
      wake up at 2099"
    `);
    world.say('drained', 2);
    expect(world.leave()).toMatchInlineSnapshot(`
      "old: start a in slot 0 — new exited with code 1 before it listened
      wake up at 2099"
    `);
  });
});

describe('from cluster mode to fork mode', () => {
  const old = app('old', 8080, 'cluster', { instances: 2 });
  const renamed = app('new', 8080, 'fork');

  test('all workers drain first; what was held is closed before the program starts', () => {
    const world = running(old);
    expect(world.edit(renamed)).toMatchInlineSnapshot(`
      "new: begin a — new app
      old: drain worker 1 — makes way for new
      old: drain worker 2 — makes way for new
      wake up at 10000"
    `);
    world.say('drained', 1, 2);
    world.leave();
    expect(world.history.findLast(({ kind }) => kind === 'start')).toMatchObject({
      app: 'new',
      clears: [{ app: 'old', ports: null }],
    });
    expect(start(world, 'new')).toContain('old: remove');
  });

  test('with a mistake: all of them are back', () => {
    const world = running(old);
    world.edit(renamed);
    world.say('drained', 1, 2);
    world.leave();
    expect(fail(world, 'new')).toMatchInlineSnapshot(`
      "new: fail a, failed — exited with code 1 before it was ready
      old: start a in slot 0 — new exited with code 1 before it was ready
      old: start a in slot 1 — new exited with code 1 before it was ready
      wake up at 100"
    `);
    expect(start(world, 'old')).toContain('old: ready worker 5');
    expect(reason(world)).toContain('stays until new is ready: new exited with code 1');
  });
});

test('plan says that the old one makes way', () => {
  const world = up(app('old', 8080, 'fork'));
  const renamed = { ...world.desired, generation: 'next', apps: [app('new', 8080, 'cluster')] };
  expect(formatPrediction(predict(world.desired.apps, renamed, undefined, world.observed)))
    .toMatchInlineSnapshot(`
    "new  add     1 worker
    old  remove  1 worker; stays until new is ready: it makes way for it, as fork mode cannot share a port, and is started again if that fails"
  `);
});

describe('two apps that trade their ports', () => {
  test('fork and cluster: the program ends at once, and starts when the workers have left its port', () => {
    const a = (port: number): AppSpec => app('a', port, 'fork', { revision: `a${port}` });
    const b = (port: number): AppSpec => app('b', port, 'cluster', { revision: `b${port}` });
    const world = up(a(8080), b(8081));
    world.note({ type: 'listening', at: 0, app: 'b', id: 2, port: 8081 });
    expect(world.edit(a(8081), b(8080))).toMatchInlineSnapshot(`
      "a: begin a8081 from a8080 — env.PORT changed
      a: stop worker 1 — env.PORT changed
      b: begin b8080 from b8081 — env.PORT changed
      b: start b8080 in slot 0 — env.PORT changed
      wake up at 3600"
    `);
    expect(world.leave()).not.toContain('a: start');
    expect(world.listen(last(world, 'b'))).toMatchInlineSnapshot(`
      "b: ready worker 3 — listens
      b: drain worker 2 — replaced by worker 3
      b: complete b8080 — 1 worker available
      wake up at 12000"
    `);
    world.say('drained', 2);
    expect(world.leave()).toContain('a: start a8081 in slot 0');
  });

  test('the other one fails: the program that is back is given what was held for that one', () => {
    const a = (port: number): AppSpec => app('a', port, 'fork', { revision: `a${port}` });
    const b = (port: number): AppSpec => app('b', port, 'cluster', { revision: `b${port}` });
    const world = up(a(8080), b(8081));
    world.edit(a(8081), b(8080));
    world.exit(0, '', 1);
    fail(world, 'b');
    fail(world, 'a');
    expect(world.history.findLast(({ kind }) => kind === 'start')).toMatchObject({
      app: 'a',
      revision: 'a8080',
      clears: [{ app: 'b', ports: { first: 8080, last: 8080 } }],
    });
  });

  test('fork and fork: both end, then both start', () => {
    const a = (name: string, port: number): AppSpec =>
      app(name, port, 'fork', { revision: `${name}${port}` });
    const world = up(a('a', 8080), a('b', 8081));
    expect(world.edit(a('a', 8081), a('b', 8080))).not.toContain('start');
    expect(world.exit(0, '', 1)).not.toContain('start');
    expect(world.exit(0, '', 2)).toMatch(/a: start a8081 in slot 0[^]*b: start b8080 in slot 0/);
  });
});
