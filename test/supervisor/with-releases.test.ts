import { expect, test } from 'vitest';
import type { Observed } from '../../src/model/observed.ts';
import type { AppSpec } from '../../src/model/spec.ts';
import { withProcess } from '../../src/shared/revision.ts';
import { withReleases, type Runnable } from '../../src/supervisor/with-releases.ts';
import { desire, spec } from '../plan/build.ts';
import { running } from '../plan/world.ts';

const app = (name: string, port = 8000, cwd = '/srv', more: Partial<AppSpec> = {}): AppSpec => {
  const made = spec({ name, ...more });
  return withProcess(made, { ...made.process, cwd, env: { PORT: String(port) } });
};
const unprepared = (name: string, port = 8000, more: Partial<AppSpec> = {}): AppSpec =>
  app(name, port, '/dev/null/release', { unprepared: true, ...more });
const observedOf = (...specs: readonly AppSpec[]): Observed => ({
  apps: specs.flatMap((one) => running(one).observed.apps),
});
const runnable = (file: readonly AppSpec[], before: readonly AppSpec[]): Runnable =>
  withReleases(desire(...file), before, observedOf(...before));
const names = ({ apps, pending }: Runnable): string[][] =>
  [apps, pending].map((specs) => specs.map(({ name }) => name));

test('an app whose release is missing goes on, with what takes effect live', () => {
  const before = app('shop', 8000, '/srv', { instances: 2 });
  const { apps, pending } = runnable([unprepared('shop', 8000, { instances: 5 })], [before]);
  expect(apps).toEqual([{ ...before, instances: 5, namesPort: apps[0]?.namesPort }]);
  expect(pending).toEqual([]);
});

test('not with a revision that has failed, but with what it went back to', () => {
  const [stable, failed] = [app('shop', 8000, '/one'), app('shop', 8000, '/two')];
  const [known] = observedOf(stable).apps;
  if (known?.rollout == null) throw new Error('it was never rolled');
  const rollout = { ...known.rollout, state: 'rolled-back', to: failed.revision } as const;
  const observed: Observed = { apps: [{ ...known, spec: failed, rollout }] };
  const { apps } = withReleases(desire(unprepared('shop')), [failed], observed);
  expect(apps[0]).toMatchObject({ revision: stable.revision, process: { cwd: '/one' } });
});

test('a new one waits, and whatever it takes over from stays; everything else goes', () => {
  const [old, other] = [app('old', 8000), app('other', 9000)];
  expect(names(runnable([unprepared('shop', 8000)], [old, other]))).toEqual([['old'], ['shop']]);
  expect(names(runnable([app('shop', 8000)], [old, other]))).toEqual([['shop'], []]);
  expect(names(runnable([unprepared('shop', 7000), app('new', 8000)], [old]))).toEqual([['new'], ['shop']]);
});
