/** What becomes of the workers of an app that a dead supervisor ran, by what the file says now. */
import { expect, test } from 'vitest';
import type { ObservedApp } from '../../../src/model/observed.ts';
import { dispositionOf, isAnyArriving } from '../../../src/supervisor/takeover/disposition.ts';
import { spec } from '../../plan/build.ts';
import { World } from '../../plan/world.ts';

/** Apps as they are known before their first worker, and once their first rollout is over. */
function known(...specs: readonly ReturnType<typeof spec>[]): readonly ObservedApp[] {
  const world = new World();
  world.edit(...specs);
  return world.observed.apps;
}
const settled = (apps: readonly ObservedApp[]): readonly ObservedApp[] =>
  apps.map((app) => ({ ...app, stable: spec(), rollout: null }));

test('an app that is in the file is replaced, or gives way where it binds for itself', () => {
  expect(dispositionOf('web', [80], [spec()], [])).toBe('replace');
  expect(dispositionOf('web', [80], [spec({ process: { mode: 'fork' } })], [])).toBe('give-way');
});

test('one that has left stays until what takes its place is there', () => {
  const heir = spec({ name: 'shop' });
  expect(dispositionOf('web', [80], [heir], [])).toBe('stay');
  expect(dispositionOf('web', [80], [heir], known(heir))).toBe('stay');
  expect(dispositionOf('web', [80], [heir], settled(known(heir)))).toBe('retire');
});

test('where nothing can take its place it goes', () => {
  expect(dispositionOf('web', [80], [], [])).toBe('retire');
});

test('an app is on its way until its first rollout is over, however that ends', () => {
  const app = spec();
  const begun = known(app);
  expect(isAnyArriving([], [])).toBe(false);
  expect(isAnyArriving([app], [])).toBe(true);
  expect(isAnyArriving([app], begun)).toBe(true);
  expect(isAnyArriving([app], settled(begun))).toBe(false);
  const failed = begun.map((one) => ({ ...one, rollout: { state: 'failed' } }) as unknown as ObservedApp);
  expect(isAnyArriving([app], failed)).toBe(false);
});
