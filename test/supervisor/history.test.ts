import { expect, test } from 'vitest';
import type { ObservedApp } from '../../src/model/observed.ts';
import { History } from '../../src/supervisor/history.ts';
import { spec } from '../plan/build.ts';

function app(stable: string | null, isComplete = true): ObservedApp {
  const rollout = { state: isComplete ? 'complete' : 'progressing' } as ObservedApp['rollout'];
  const observed: Partial<ObservedApp> = { name: 'web', rollout, stable: null };
  return { ...observed, ...(stable === null ? {} : { stable: spec({ revision: stable }) }) } as ObservedApp;
}

test('goes back to what was stable before, and to what is while another is tried', () => {
  const history = new History();
  expect(history.previous(app(null))).toBeNull();
  expect(history.previous(app('a'))).toBeNull();
  history.remember(app('a'));
  history.remember(app('b'));
  expect(history.previous(app('c'))?.revision).toBe('b');
  expect(history.previous(app('b'))?.revision).toBe('a');
  expect(history.previous(app('c', false))?.revision).toBe('c');
});

test('is bounded, and forgets apps that left the file', () => {
  const history = new History();
  for (const revision of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) history.remember(app(revision));
  for (let i = 0; i < 5; i++) history.remember(app('g'));
  expect(history.previous(app('g'))?.revision).toBe('f');
  history.keepOnly([]);
  expect(history.previous(app('g'))).toBeNull();
});
