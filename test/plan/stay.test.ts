/** Apps that leave the file in the edit that brings what takes their place. */
import { describe, expect, test } from 'vitest';
import type { AppSpec } from '../../src/model/spec.ts';
import { isConverged, outcome } from '../../src/observe/report/converged.ts';
import { formatPrediction, predict } from '../../src/observe/report/predict.ts';
import { stayText } from '../../src/observe/facts/stay.ts';
import { spec, type AppOptions } from './build.ts';
import { running, type World } from './world.ts';

const app = (name: string, port: number | null, options: AppOptions = {}): AppSpec =>
  spec({
    name,
    instances: 1,
    namesPort: port !== null,
    ...options,
    process: { env: port === null ? {} : { PORT: String(port) }, ...options.process },
  });
const old = app('old', 8080);

/** Why an app that has left the file is still there. */
function reason(world: World, name = 'old'): string | null {
  return stayText(world.app(name), world.observed, world.now);
}

/** Both boots of the newcomer fail alike. */
function fail(world: World, name: string): void {
  for (let boot = 0; boot < 2; boot++) {
    world.wait(1_000);
    world.exit(1, 'oops', world.app(name).workers.at(-1)?.id ?? 0);
  }
  expect(world.app(name).rollout?.state).toBe('failed');
}

describe('a rename', () => {
  test('the old one drains once the new one is available, min_ready included', () => {
    const world = running(old);
    expect(world.edit(app('new', 8080, { rollout: { minReady: 500 } }))).not.toContain('old:');
    expect(reason(world)).toBe('stays until new is ready');
    expect(world.listen(2)).not.toContain('old:');
    expect(world.wait(500)).toMatchInlineSnapshot(`
      "new: complete a — 1 worker available
      old: leave — new is ready
      old: drain worker 1 — no longer in the file
      wake up at 10500"
    `);
    expect(world.leave()).toContain('old: remove');
  });

  test('with a mistake: the old one serves on, and is said to', () => {
    const world = running(old);
    world.edit(app('new', 8080));
    fail(world, 'new');
    expect(world.workers('old')).toBe('0:a#1 online');
    expect(reason(world)).toBe('stays until new is ready: new exited with code 1 before it listened');
    expect(isConverged(world.desired, world.observed, world.now)).toBe(false);
    expect(outcome(world.desired, world.observed, world.now, world.now)).toEqual({
      converged: false,
      problems: [
        {
          app: 'old',
          message: 'stays until new is ready: new exited with code 1 before it listened',
          stderr: [],
        },
        { app: 'new', message: 'a failed: it exited with code 1 before it listened', stderr: ['oops'] },
      ],
    });
  });

  test('with a mistake: the old one is restarted after a crash', () => {
    const world = running(old);
    world.edit(app('new', 8080));
    fail(world, 'new');
    expect(world.exit('SIGSEGV', '', 1)).toContain('old: start a in slot 0');
  });

  test('the corrected file is followed', () => {
    const world = running(old);
    world.edit(app('new', 8080));
    fail(world, 'new');
    world.edit(app('new', 8080, { revision: 'b' }));
    expect(world.workers('old')).toBe('0:a#1 online');
    const [worker] = world.app('new').workers;
    expect(world.listen(worker?.id ?? 0)).toContain('old: drain worker 1');
  });

  test('the old name back in its place: nothing of it is restarted, and the new one goes', () => {
    const world = running(old);
    world.edit(app('new', 8080));
    const steps = world.edit(old);
    expect(steps).not.toContain('old:');
    expect(steps).toContain('new: stop worker 2');
    world.leave();
    expect(world.workers('old')).toBe('0:a#1 online');
    expect(isConverged(world.desired, world.observed, world.now)).toBe(true);
  });

  test('another rename on top: the first one stays for the last', () => {
    const world = running(old);
    world.edit(app('new', 8080));
    fail(world, 'new');
    world.edit(app('newer', 8080));
    expect(reason(world)).toBe('stays until newer is ready');
    const [worker] = world.app('newer').workers;
    expect(world.listen(worker?.id ?? 0)).toContain('old: drain worker 1');
  });

  test('what takes its place is taken out of the file as well, or is to have no worker: it leaves', () => {
    for (const apps of [[app('other', 9090)], [app('other', 9090), app('new', 8080, { instances: 0 })]]) {
      const world = running(old, app('other', 9090));
      world.edit(app('new', 8080), app('other', 9090));
      fail(world, 'new');
      expect(world.edit(...apps)).toContain('old: drain worker 1 — no longer in the file');
    }
  });

  test('in the middle of a rollout: back to the stable revision', () => {
    const world = running(old);
    world.edit({ ...old, revision: 'b' });
    expect(world.edit(app('new', 8080))).toMatchInlineSnapshot(`
      "new: begin a — new app
      new: start a in slot 0 — new app
      old: begin a from a — back to the stable revision
      old: stop worker 2 — superseded by a
      old: complete a — 1 worker available
      wake up at 1600"
    `);
  });

  test('once it is on its way out, nothing brings it back but its name', () => {
    const world = running(old);
    world.edit(app('new', 8080));
    world.listen(2);
    expect(world.workers('old')).toBe('0:a#1 draining');
    world.edit(app('newer', 8080));
    world.exit('SIGKILL', '', 1);
    expect(world.app('old')).toMatchObject({ workers: [], staysFor: [] });
    expect(reason(world, 'new')).toBe('stays until newer is ready');
  });
});

describe('who takes its place', () => {
  const other = { process: { script: '/srv/other.js' } };
  const cases: readonly [string, AppSpec[], string | null][] = [
    [
      'another program on its port',
      [app('b', 8080, { process: { script: '/srv/other.js', env: { PORT: '8080' } } })],
      'b',
    ],
    ['the same program on another port', [app('b', 9090)], null],
    ['the same program that names no port', [app('b', null)], 'b'],
    ['another one that names no port may', [app('b', null, other)], 'b'],
    ['unless there is one that does', [app('b', null, other), app('c', 8080)], 'c'],
    ['two that name its port, or ports', [app('b', 8080), app('c', 8080)], 'b and c'],
    [
      'a range of ports',
      [app('b', 8079, { instances: 2, process: { incrementVar: 'PORT', env: { PORT: '8079' } } })],
      'b',
    ],
  ];
  test.each(cases)('%s', (_, apps, names) => {
    const world = running(old);
    world.edit(...apps);
    expect(reason(world)).toBe(
      names === null ? null : `stays until ${names} ${names.includes('and') ? 'are' : 'is'} ready`,
    );
  });

  test('one that was there before and is moved to its port', () => {
    const world = running(old, app('other', 9090));
    world.edit(app('other', 8080, { revision: 'b' }));
    expect(reason(world)).toBe('stays until other is ready');
  });

  test('where it was seen to listen counts, named or not', () => {
    const world = running(app('old', null));
    world.note({ type: 'listening', at: 0, app: 'old', id: 1, port: 3000 });
    world.edit(app('b', 3000));
    expect(reason(world)).toBe('stays until b is ready');
  });

  test('on a socket in a file: not by one that names a port, also where the right one fails', () => {
    const world = running(app('old', null), app('other', 9090));
    world.edit(app('new', null, other), app('other', 9090));
    fail(world, 'new');
    world.edit(app('new', null, other), app('another', 9090));
    expect(reason(world)).toContain('stays until new is ready');
    world.edit(app('another', 9090));
    expect(reason(world)).toBeNull();
  });

  test('whom it stays for already, also where another rename brings the same program', () => {
    const world = running(app('old', null), app('second', null));
    world.edit(app('new', null, other), app('second', null));
    fail(world, 'new');
    world.edit(app('new', null, other), app('newer', null));
    expect(reason(world)).toContain('stays until new is ready');
    world.edit(app('newer', null), app('third', null));
    expect(reason(world)).toContain('stays until third is ready');
  });

  test('one that was just given workers again stays with those', () => {
    const world = running(old);
    world.edit(app('old', 8080, { instances: 0 }));
    world.exit(0, '', 1);
    world.edit(app('old', 8080, { revision: 'b' }));
    expect(world.edit(app('new', 8080))).not.toContain('old:');
    expect(reason(world)).toBe('stays until new is ready');
  });

  test('one that listens nowhere goes at once', () => {
    const world = running();
    world.edit(app('old', null, { ready: 'started' }));
    world.say('alive', 1);
    expect(world.edit(app('new', null, { ready: 'started' }))).toContain('old: stop worker 1');
  });

  test('what it depends on stays with it', () => {
    const world = running(app('db', 5432, { ready: 'started', namesPort: false }));
    world.say('alive', 1);
    const api = app('api', 8080, { dependsOn: [{ app: 'db', until: 'ready' }] });
    world.edit(...world.desired.apps, api);
    world.listen(2);
    expect(world.edit(app('new', 8080))).not.toMatch(/db:|api:/);
    expect(world.exit(1, '', 1)).toContain('db: start');
    world.say('alive', 4);
    expect(world.listen(3)).toContain('api: drain worker 2');
    expect(world.leave()).toContain('db: stop worker 4');
  });
});

test('plan says it, before and while it is so', () => {
  const world = running(old);
  const renamed = { ...world.desired, generation: 'next', apps: [app('new', 8080)] };
  expect(formatPrediction(predict(world.desired.apps, renamed, undefined, world.observed)))
    .toMatchInlineSnapshot(`
    "new  add     1 worker
    old  remove  1 worker; stays until new is ready"
  `);
  world.edit(...renamed.apps);
  expect(formatPrediction(predict(world.desired.apps, world.desired, undefined, world.observed)))
    .toMatchInlineSnapshot(`
    "new  none
    old  remove  1 worker; stays until new is ready"
  `);
});
