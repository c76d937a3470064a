import { expect, test } from 'vitest';
import { changes, changeText, changeTexts } from '../../src/observe/facts/diff.ts';
import { formatPrediction, predict } from '../../src/observe/report/predict.ts';
import type { AppSpec } from '../../src/model/spec.ts';
import { desire, spec } from '../plan/build.ts';
import { running } from '../plan/world.ts';

const before = spec({ process: { env: { PORT: '1', TOKEN: 'secret', GONE: 'x' }, args: ['a'] } });
const after = spec({
  revision: 'b',
  instances: 5,
  process: { env: { PORT: '2', TOKEN: 'other', NEW: 'y' }, args: ['b'] },
  rollout: { maxSurge: 2 },
  lines: { 'env.PORT': 8, instances: 3 },
});

test('names the fields that differ, never their values', () => {
  expect(changes(before, after).map(changeText)).toMatchInlineSnapshot(`
    [
      "args changed",
      "env.GONE changed",
      "env.NEW changed",
      "env.PORT changed (line 8)",
      "env.TOKEN changed",
      "instances changed (line 3)",
      "rollout.max_surge changed",
    ]
  `);
  expect(JSON.stringify(changes(before, after))).not.toMatch(/secret|other/);
});

test('equal specs do not differ', () => {
  expect(changes(before, structuredClone(before))).toEqual([]);
});

const released = (folder: string, digest: string, more: Partial<AppSpec['process']> = {}): AppSpec =>
  spec({
    revision: folder + digest,
    process: {
      cwd: folder,
      script: `${folder}/server.js`,
      env: {},
      code: { id: folder, from: 'link', folder, digest },
      ...more,
    },
    logs: { out: `${folder}/out.log` },
  });

test('a link that is switched is one change', () => {
  const [one, two] = [released('/srv/releases/1', 'one'), released('/srv/releases/2', 'two')];
  expect(changes(one, two).map(changeText)).toEqual(['code /srv/releases/1 → /srv/releases/2']);
  const other = released('/srv/releases/2', 'two', { script: '/srv/releases/2/main.js' });
  expect(changes(one, other).map(changeText)).toEqual([
    'code /srv/releases/1 → /srv/releases/2',
    'script changed',
  ]);
});

test('files that changed where a link leads are said by their digests', () => {
  const [one, two] = [
    released('/srv/releases/1', '4f2a91c0aaaa'),
    released('/srv/releases/1', '9be1d3aabbbb'),
  ];
  expect(changes(one, two).map(changeText)).toEqual(['code 4f2a91c0 → 9be1d3aa']);
});

test('a script that is a link to a file', () => {
  const linked = (name: string): AppSpec =>
    released('/srv', name, {
      script: `/srv/${name}.js`,
      code: { id: `/srv/${name}.js`, from: 'link', folder: '/srv', digest: name },
    });
  expect(changes(linked('v1'), linked('v2')).map(changeText)).toEqual(['code /srv/v1.js → /srv/v2.js']);
});

test('predicts what a file would do', () => {
  const previous = [spec(), spec({ name: 'api' }), spec({ name: 'job' }), spec({ name: 'old' })];
  const desired = desire(
    spec({ name: 'new', instances: 1 }),
    spec({ instances: 4 }),
    spec({ name: 'api', revision: 'b' }),
    spec({ name: 'job', stop: { killTimeout: 1 } }),
  );
  expect(formatPrediction(predict(previous, desired))).toMatchInlineSnapshot(`
    "new  add     1 worker
    web  scale   instances changed (line 4): 2 → 4
    api  roll    env.VERSION changed (line 8)
    job  live    kill_timeout changed
    old  remove  2 workers"
  `);
  expect(formatPrediction(predict(null, desire(spec())))).toMatchInlineSnapshot(`"web  add     2 workers"`);
  expect(formatPrediction(predict([spec()], desire(spec())))).toMatchInlineSnapshot(`"web  none"`);
  expect(formatPrediction(predict(null, desire()))).toBe('no apps');
});

test('what has failed is tried again, and says why it failed', () => {
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  world.exit(1, 'oops', 3);
  world.wait(60_000);
  world.exit(1, 'oops', 4);
  const [web] = predict(world.desired.apps, world.desired, undefined, world.observed);
  expect(web?.effect).toBe('roll');
  expect(formatPrediction(web === undefined ? [] : [web])).toMatchInlineSnapshot(
    `"web  roll    b was rolled back: it did not listen within 60 s — if it is not meant to listen, set ready: started; it is tried again"`,
  );
});

test('what was asked for by hand is said, and stays so', () => {
  const stopped = spec({ instances: 0, byHand: 'is stopped by hand' });
  const predictions = predict([stopped], desire(stopped));
  expect(predictions).toMatchObject([{ effect: 'none', byHand: 'is stopped by hand' }]);
  expect(formatPrediction(predictions)).toBe('web  none    is stopped by hand');
});

test('what is inherited is one clause of names, and a change of its own in JSON', () => {
  const inherits = (inherited: Record<string, string | null>) => spec({ process: { inherited, args: [] } });
  const found = changes(inherits({ A: '1', GONE: 'x', SAME: 's' }), inherits({ A: '2', B: null, SAME: 's' }));
  expect(found).toEqual([
    { path: 'environment.A', effect: 'roll', line: null },
    { path: 'environment.B', effect: 'roll', line: null },
    { path: 'environment.GONE', effect: 'roll', line: null },
  ]);
  expect(changeTexts(found)).toEqual(['environment: A, B, GONE']);
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`V${i + 10}`, 'x']));
  expect(changeTexts(changes(spec(), spec({ process: { inherited: many, args: ['b'] } })))).toEqual([
    'args changed',
    'environment: V10, V11, V12, V13, V14, V15, V16, V17, and 3 more',
  ]);
});
